"""Tiny ONNX models with the inputs and outputs of ALIKED and DISK: their features stand at fixed places."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

SIDE_PX = {"aliked": 640, "disk": 1024}


def build_model(kind: str, *, count: int = 40, length: int = 128, outputs: tuple[str, ...] | None = None) -> bytes:
    """A model that finds `count` features wherever it looks; skips the test where the onnx package is not installed."""
    onnx: Any = pytest.importorskip("onnx", reason="needs onnx to write models (dev group)")
    dice, side = np.random.default_rng(1), SIDE_PX[kind]
    is_disk = kind == "disk"
    places: Any = dice.integers(8, side - 8, (1, count, 2)) if is_disk else dice.uniform(-0.9, 0.9, (count, 2)).astype(np.float32)
    shape = (1, count) if is_disk else (count,)
    arrays = {
        "keypoints": places,
        "scores": dice.uniform(0.5, 1.0, shape).astype(np.float32),
        "descriptors": dice.normal(size=(*shape, length)).astype(np.float32),
    }
    helper, types = onnx.helper, onnx.TensorProto
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nought"]),
    ]
    constants = [onnx.numpy_helper.from_array(np.array(0, np.float32), "zero")]
    results = []
    for name, array in arrays.items():
        is_whole = array.dtype == np.int64
        constants.append(onnx.numpy_helper.from_array(array.astype(np.float32), f"{name}_fixed"))
        nodes.append(helper.make_node("Add", [f"{name}_fixed", "nought"], [f"{name}_float" if is_whole else name]))
        if is_whole:
            nodes.append(helper.make_node("Cast", [f"{name}_float"], [name], to=types.INT64))
        if outputs is None or name in outputs:
            results.append(helper.make_tensor_value_info(name, types.INT64 if is_whole else types.FLOAT, array.shape))
    image = helper.make_tensor_value_info("image", types.FLOAT, [1, 3, side, side])
    graph = helper.make_graph(nodes, kind, [image], results, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    data: bytes = model.SerializeToString()
    return data
