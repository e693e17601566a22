#!/usr/bin/python3
"""Captions of pictures by a model folder of Attend (preset captioner) in PyTorch, as a PyTorch user writes it: reads the
packed pictures that standard input names, and prints a greedy caption for each. The last line of standard error has the
seconds without the start of the program: `seconds 0.123`.

    bench/pytorch/captions.py MODEL IMAGES INDEX THREADS < names"""

import io
import json
import pathlib
import sys
import time

import numpy
import torch
from PIL import Image
from torch.nn import functional

LONGEST = 60  # words of a caption


def settings(folder):
    """The options of config.yml as texts, by their dotted names."""
    found, section = {}, ""
    for line in (folder / "config.yml").read_text(encoding="utf-8").splitlines():
        name, _, value = line.strip().partition(":")
        if not line.startswith(" "):
            section = name
        found[f"{section}.{name}" if line.startswith(" ") else name] = value.strip().strip('"')
    return found


def weights(folder):
    content = (folder / "model.safetensors").read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + place for place in entry["data_offsets"])
            values = numpy.frombuffer(content[begin:end], dtype="<f4").reshape(entry["shape"])
            tensors[name] = torch.from_numpy(values.copy())
    return tensors


class Captioner:
    def __init__(self, folder):
        self.options, self.w = settings(folder), weights(folder)
        for name, expected in (("encoder.kind", "convolutional"), ("attention.kind", "soft"), ("decoder.cell", "lstm"),
                               ("attention.context_gate", "scalar"), ("decoder.readout_feedback", "sum")):
            if self.options[name] != expected:
                sys.exit(f"captions.py: {name} is {self.options[name]}, expected {expected}")
        self.words = (folder / "target.vocab").read_text(encoding="utf-8").split("\n")
        self.end = self.words.index("</s>")
        self.groups = int(self.options["encoder.groups"])
        # Convolutions are cut into [out, in, 3, 3] once.
        for name in [name for name in self.w if name.startswith("encoder.") and name.endswith(".weight")]:
            weight = self.w[name]
            self.w[name] = weight.view(weight.size(0), 3, 3, -1).permute(0, 3, 1, 2).contiguous()

    def read(self, content):
        size = (int(self.options["image.width"]), int(self.options["image.height"]))
        picture = Image.open(io.BytesIO(content)).convert("RGB")
        return torch.from_numpy(numpy.asarray(picture if picture.size == size else picture.resize(size)).copy())

    def convolve(self, x, name, stride, before=1):
        if before == 0:
            x = functional.pad(x, (0, 1, 0, 1))
        y = functional.conv2d(x, self.w[name + ".weight"], None, stride, before)
        return functional.group_norm(y, self.groups, self.w[name + ".gain"], self.w[name + ".bias"], 1e-5)

    def annotate(self, pictures):
        count, height, width, _ = pictures.shape
        colours = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1
        columns = ((torch.arange(width) + 0.5) * (2 / width) - 1).expand(count, 1, height, width)
        rows = ((torch.arange(height) + 0.5) * (2 / height) - 1).view(-1, 1).expand(count, 1, height, width)
        x = torch.cat([colours, columns, rows], 1)
        stages = int(self.options["encoder.stages"])
        for stage in range(stages):
            x = self.convolve(x, f"encoder.{stage}.entrance", 2, 1 if stage + 1 < stages else 0).relu()
            for block in range(int(self.options["encoder.layers"]) if stage > 0 else 0):
                inside = self.convolve(x, f"encoder.{stage}.{block}.first", 1).relu()
                x = (x + self.convolve(inside, f"encoder.{stage}.{block}.second", 1)).relu()
        return x.flatten(2).transpose(1, 2)

    def caption(self, pictures):
        w = self.w
        a = self.annotate(pictures)
        mean = a.mean(1)
        h = torch.tanh(functional.linear(mean, w["initial.0.state_weight"], w["initial.0.state_bias"]))
        c = torch.tanh(functional.linear(mean, w["initial.0.cell_weight"], w["initial.0.cell_bias"]))
        keys = functional.linear(a, w["attention.annotation_weight"], w["attention.bias"])
        embedded = torch.zeros(len(pictures), w["target_embedding.weight"].size(1))
        words, running = [], torch.ones(len(pictures), dtype=torch.bool)
        for _ in range(LONGEST):
            query = functional.linear(h, w["attention.query_weight"])
            energies = torch.tanh(keys + query.unsqueeze(1)) @ w["attention.energy_weight"].view(-1)
            context = (torch.softmax(energies, 1).unsqueeze(2) * a).sum(1)
            gate = torch.sigmoid(functional.linear(h, w["attention.gate_weight"], w["attention.gate_bias"]))
            context = gate * context
            gates = (functional.linear(torch.cat([embedded, context], 1), w["decoder.0.input_weight"],
                                       w["decoder.0.bias"]) + functional.linear(h, w["decoder.0.recurrent_weight"]))
            i, f, o, g = gates.chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            readout = torch.tanh(functional.linear(torch.cat([h, context], 1), w["readout.weight"], w["readout.bias"])
                                 + embedded)
            chosen = functional.linear(readout, w["output.weight"], w["output.bias"]).argmax(1)
            words.append(chosen)
            running &= chosen != self.end
            if not running.any():
                break
            embedded = w["target_embedding.weight"][chosen]
        return torch.stack(words, 1)

    def text(self, ids):
        ids = ids.tolist()
        ids = ids[:ids.index(self.end)] if self.end in ids else ids
        return " ".join(self.words[i] for i in ids)


def main():
    model, images, index, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    captioner = Captioner(pathlib.Path(model))
    begin = time.perf_counter()
    places = {}
    with open(index, encoding="utf-8") as lines:
        for line in lines:
            name, _, offset, length = line.rstrip("\n").split("\t")
            places[name] = (int(offset), int(length))
    pictures = []
    with open(images, "rb") as packed:
        for name in sys.stdin.read().splitlines():
            offset, length = places[name]
            packed.seek(offset)
            pictures.append(captioner.read(packed.read(length)))
    with torch.no_grad():
        for first in range(0, len(pictures), 32):
            for ids in captioner.caption(torch.stack(pictures[first:first + 32])):
                print(captioner.text(ids))
    print(f"seconds {time.perf_counter() - begin:.3f}", file=sys.stderr)


if __name__ == "__main__":
    main()
