"""Vectors of `LANES` float64 numbers, one per realisation, as single values in compiled code.

A kernel written with them looks like one for a single realisation and runs on the processor's
vector units across realisations; the recurrences along x leave no other parallelism. They do not
exist in Python: `load` and `store` are the only ways in and out.

    a = load(array, i)    # array[i : i + LANES] of a flat float64 array
    store(a * b, array, i)

`+`, `-`, `*`, `largest`, `smallest` and `magnitude` act lane by lane; a float stands for the same
number in every lane.
"""

# Intrinsics have other signatures in compiled code than in Python.
# mypy: disable-error-code="call-arg"

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, overload, register_model

LANES = 16

_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
# Allows the compiler to fuse a product and a sum, rounding once; no other relaxation is allowed.
_FLAGS = ("contract",)


class LanesType(types.Type):
    """Numba's type of a vector of `LANES` float64 numbers."""

    def __init__(self) -> None:
        super().__init__(name=f"Lanes({LANES})")


lanes = LanesType()


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, frontend_type):
        super().__init__(manager, frontend_type, _VECTOR)


def _address(context, builder, array_type, array, index):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())


@intrinsic
def load(typing_context, array, index):
    """Load array[index : index + LANES] of a flat float64 array; bounds are not checked."""

    def generate(context, builder, signature, arguments):
        address = _address(context, builder, signature.args[0], *arguments)
        return builder.load(address, align=8)

    return lanes(array, types.intp), generate


@intrinsic
def store(typing_context, value, array, index):
    """Store the lanes in array[index : index + LANES]; bounds are not checked."""

    def generate(context, builder, signature, arguments):
        value, array, index = arguments
        address = _address(context, builder, signature.args[1], array, index)
        builder.store(value, address, align=8)
        return context.get_dummy_value()

    return types.void(value, array, types.intp), generate


@intrinsic
def _everywhere(typing_context, number):
    """The same number in every lane."""

    def generate(context, builder, signature, arguments):
        first = builder.insert_element(
            ir.Constant(_VECTOR, ir.Undefined), arguments[0], ir.Constant(ir.IntType(32), 0)
        )
        mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(first, first, mask)

    return lanes(types.float64), generate


def _lane_by_lane(instruct):
    """An intrinsic of two vectors that applies `instruct(builder, a, b)`."""

    @intrinsic
    def apply(typing_context, a, b):
        def generate(context, builder, signature, arguments):
            return instruct(builder, *arguments)

        return lanes(lanes, lanes), generate

    return apply


def _extend(function, instruct):
    """Overload `function` for two vectors, and for a vector and a float."""
    apply = _lane_by_lane(instruct)

    @overload(function, inline="always")
    def choose(a, b):
        if isinstance(a, LanesType) and isinstance(b, LanesType):
            return lambda a, b: apply(a, b)
        if isinstance(a, LanesType) and isinstance(b, types.Number):
            return lambda a, b: apply(a, _everywhere(b))
        if isinstance(a, types.Number) and isinstance(b, LanesType):
            return lambda a, b: apply(_everywhere(a), b)
        return None


@intrinsic
def _magnitude(typing_context, a):
    def generate(context, builder, signature, arguments):
        function = ir.FunctionType(_VECTOR, [_VECTOR])
        fabs = builder.module.declare_intrinsic(f"llvm.fabs.v{LANES}f64", fnty=function)
        return builder.call(fabs, arguments)

    return lanes(lanes), generate


def magnitude(a: Any) -> Any:
    """The absolute value, lane by lane; in compiled code only."""
    raise NotImplementedError


@overload(magnitude, inline="always")
def _choose_magnitude(a):
    return (lambda a: _magnitude(a)) if isinstance(a, LanesType) else None


def largest(a: Any, b: Any) -> Any:
    """The larger of two values, lane by lane; in compiled code only."""
    raise NotImplementedError


def smallest(a: Any, b: Any) -> Any:
    """The smaller of two values, lane by lane; in compiled code only."""
    raise NotImplementedError


def _pick(comparison):
    def instruct(builder, a, b):
        return builder.select(builder.fcmp_ordered(comparison, a, b), a, b)

    return instruct


_extend(operator.add, lambda builder, a, b: builder.fadd(a, b, flags=_FLAGS))
_extend(operator.sub, lambda builder, a, b: builder.fsub(a, b, flags=_FLAGS))
_extend(operator.mul, lambda builder, a, b: builder.fmul(a, b, flags=_FLAGS))
_extend(largest, _pick(">"))
_extend(smallest, _pick("<"))
