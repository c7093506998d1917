"""What each figure and table shows, in plain words and in the order of the gallery."""

SECTIONS = {
    "figure": "Figures of the report",
    "04": "The report's auto-encoder",
    "05": "Errors of computed densities and moments",
    "06": "Sharper models and latent distributions",
    "07": "Forecasting",
    "08": "Published problems and data sets",
    "09": "Judging models, and the leaderboard",
    "10": "Given an observation",
}
FIGURES = {
    "figure_02_auto_encoder": "An auto-encoder",
    "figure_03_variational": "A variational auto-encoder encodes a distribution",
    "figure_04_reparametrisation": "The reparametrisation: noise as an input",
    "figure_05_encoder": "The report's encoder, 205,812 parameters",
    "figure_06_decoder": "The report's decoder, 219,345 parameters",
    "figure_07_loss_sinus": "Sinus: the loss during training",
    "figure_08_loss_creneau": "Creneau: the loss during training",
    "figure_09_reconstruction_sinus": "Sinus, all times: 200 reconstructed densities",
    "figure_09_reconstruction_sinus_1000": "Sinus, all times: 1,000 reconstructed densities",
    "figure_10_overlay_sinus": "Sinus, all times: six densities and their reconstructions",
    "figure_11_prior_sinus": "Sinus: 200 densities decoded from normal latents",
    "figure_12_prior_four_sinus": "Sinus: four densities decoded from normal latents",
    "figure_13_overlay_sinus_fixed_time": (
        "Sinus at T = 0.4: six densities and their reconstructions"
    ),
    "figure_14_fixed_time_sinus": "Sinus at T = 0.4: 200 reconstructed densities",
    "figure_15_reconstruction_creneau": "Creneau, all times: 200 reconstructed densities",
    "figure_16_overlay_creneau": "Creneau, all times: six densities and their reconstructions",
    "figure_17_prior_creneau": "Creneau: 200 densities decoded from normal latents",
    "figure_18_prior_four_creneau": "Creneau: four densities decoded from normal latents",
    "figure_19_overlay_creneau_fixed_time": (
        "Creneau at T = 0.2: six densities and their reconstructions"
    ),
    "figure_20_fixed_time_creneau": "Creneau at T = 0.2: 200 reconstructed densities",
    "04_active_latents_sinus": "Sinus: how many of the ten latents carry information",
    "04_active_latents_creneau": "Creneau: how many of the ten latents carry information",
    "05_budget": "Errors of mean and std by source, against the exact ones",
    "05_convergence": "Convergence of both schemes to the exact solution",
    "05_effective_reynolds": "The effective Reynolds number of each scheme",
    "05_quadrature": "Convergence of the exact moments",
    "05_boundary": "Creneau: the front at the end of the interval",
    "06_bands": "Generated mean and std over Monte Carlo's: the report's model and the sharper one",
    "06_scores": "Distances of generated ensembles to Monte Carlo, in noise floors",
    "06_codes_sinus": "Sinus: the codes, and five distributions fitted to them",
    "06_codes_creneau": "Creneau: the codes, and five distributions fitted to them",
    "06_information": "How much information each latent carries",
    "06_total_variance": "Is the decoder's variance calibrated? The decomposition of the variance",
    "06_given_time": "Errors at a given time, seen in training or withheld",
    "06_neighbours": "The densities near a given one",
    "07_trap": "At t = 0 all densities of the sinus are the same; how much of Re a scheme retains",
    "07_latent": "Trajectories in the latent space, coloured by log Re",
    "07_fan_sinus": "Sinus: forecasts from t = 0 at four times, with Re given and withheld",
    "07_fan_creneau": "Creneau: forecasts from t = 0 at four times, with Re given and withheld",
    "07_band": "The forecast band over the exact one, animated",
    "07_errors": "Error, coverage and drift of mass over time, for every forecasting model",
    "07_budget": "The error of a forecast by source",
    "07_extrapolation": "Forecasts at times and Reynolds numbers not seen in training",
    "07_timing": "Cost against accuracy, for every method",
    "08_realisations": "Exact densities of every named problem",
    "08_data_sets": "Public data sets against the exact solution",
    "09_scorecard": "A scorecard: a Gaussian model of the creneau at T = 0.2",
    "09_noise": "Accuracy of classifiers against the noise added to both samples",
    "09_ranking": "The leaderboard: distance and resolution of every entrant",
    "09_frontier": "The leaderboard: distance against cost",
    "09_densities": "Generated densities of the nearest entrant and of a Gaussian",
    "10_bands": "What five sensors tell about the density, now and later: exact and learned",
    "10_models": "Posterior bands of the density by the models of 06 and 07, over exact ones",
    "10_inputs": "Creneau: draws of Re and a given an observation, exact and learned",
    "10_calibration": "Are learned posteriors calibrated? Coverage minus level",
    "10_c2st": "Learned posteriors against the exact ones, in every setting",
    "10_information": "How much five sensors tell about the inputs, and about Re alone, over time",
}
TABLES = {
    "table_moments": "The report's model against Monte Carlo and the exact moments",
    "table_claims": "Claims of the report",
    "timing_claims": "The claim of the report about time",
    "table_budget": "Errors of mean and std by source",
    "table_recipes": "Auto-encoders and their trainings",
    "table_distributions": "Every model, latent distribution and measure",
    "table_given_time": "Errors at a given time",
    "table_goals": "Goals of the sharper models",
    "table_reduced": "Forecasting models and their baselines",
    "table_reduced_time": "Forecasting models at every time",
    "table_reduced_budget": "The error of a forecast by source",
    "table_reduced_outside": "Forecasts at times and Reynolds numbers not seen in training",
    "table_reduced_later": "Forecasts from a later time",
    "table_reduced_goals": "Goals of the forecasting model",
    "timing_cost": "Cost of an ensemble, for every method",
    "timing_payback": "Cost compared with the cheapest method of equal accuracy",
    "timing_goals": "Goals of the forecasting model for its cost",
    "table_published": "Public data sets against the exact solution",
    "table_leaderboard": "The leaderboard: every entrant on every distribution",
    "table_inference": "Learned posteriors against the exact ones",
    "table_inference_goals": "Goals of the learned posteriors",
    "table_inference_densities": "Posterior densities of the models of 06 and 07 beside exact ones",
}


def of(stem):
    """The caption of a figure or table; the name of a file without one."""
    return FIGURES.get(stem) or TABLES.get(stem) or stem


def ordered(paths):
    """Files in the order of their captions, those without one last."""
    order = [*FIGURES, *TABLES]
    return sorted(paths, key=lambda path: (
        order.index(path.stem) if path.stem in order else len(order), path.name
    ))  # fmt: skip
