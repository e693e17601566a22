#!/usr/bin/python3
"""Measures training of one work in PyTorch from the weights and batches that bench_training --write left.
Prints one JSON line like that of bench_training."""

import argparse
import contextlib
import json
import os
import resource
import statistics
import time

import torch
from torch.nn import functional

import files
from documents import make_any_model

IGNORED = -100


def update(model, optimizer, schedule, batch, precision, clip):
    source, lengths, target, wanted = batch
    autocast = torch.autocast("cpu", dtype=torch.bfloat16) if precision == "bfloat16" else contextlib.nullcontext()
    optimizer.zero_grad(set_to_none=True)
    with autocast:
        logits = model(source, lengths, target)
        cost = functional.cross_entropy(logits.flatten(0, 1).float(), wanted.flatten(), ignore_index=IGNORED,
                                        reduction="sum")
    (cost / target.size(0)).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    schedule.step()
    return cost.item()


def rate_schedule(optimizer, options):
    if options["training.schedule"] == "decay":
        decay = float(options["training.decay"])
        return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda done: 1 / (1 + decay * done))
    assert options["training.schedule"] == "constant"
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda done: 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--updates", type=int, default=8)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--foreach", action="store_true", help="Adam over lists of tensors")
    parser.add_argument("--one-bias", action="store_true", help="learn one bias a gate, as Attend does")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    work = files.read_work(arguments.folder)
    options = work["options"]
    batches = files.read_batches(arguments.folder, IGNORED)
    model = make_any_model(work)
    files.load_model(model, files.read_weights(f"{arguments.folder}/model.safetensors"), work)
    if arguments.one_bias:
        files.hold_second_biases(model, work)
    assert options["training.optimizer"] == "adam" and options["training.loss_scale"] == "sentence-mean"
    optimizer = torch.optim.Adam(model.parameters(), lr=float(options["training.learning_rate"]),
                                 foreach=arguments.foreach)
    schedule = rate_schedule(optimizer, options)

    losses, seconds, rates, counts = [], [], [], []
    for i in range(arguments.warmup + arguments.updates):
        batch = batches[i % len(batches)]
        tokens = int((batch[3] != IGNORED).sum())
        start = time.perf_counter()
        cost = update(model, optimizer, schedule, batch, arguments.precision, float(options["training.clip_norm"]))
        spent = time.perf_counter() - start
        if i < 5:
            losses.append(cost / tokens)
        if i >= arguments.warmup:
            seconds.append(spent)
            rates.append(tokens / spent)
            counts.append(tokens)
    print(json.dumps({
        "program": "pytorch", "version": torch.__version__, "work": work["work"], "threads": arguments.threads,
        "precision": arguments.precision,
        "environment": {name: os.environ[name] for name in sorted(os.environ)
                        if name.startswith(("OMP_", "OPENBLAS_", "ATEN_", "KMP_", "GOMP_"))},
        "tokens_per_second": statistics.median(rates), "median_seconds": statistics.median(seconds),
        "mean_tokens_per_second": sum(counts) / sum(seconds), "seconds": seconds, "losses": losses,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
