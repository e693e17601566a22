#!/usr/bin/python3
"""Measures prediction of one work in PyTorch on one thread or several: the weights of bench_training --write, sources of
bench_prediction, a batched beam search, or labels of documents. Prints one JSON line like that of bench_prediction."""

import argparse
import contextlib
import json
import os
import resource
import statistics
import time

import torch

import files
from documents import make_any_model

END = 1


def select(state, index):
    return state[index] if isinstance(state, torch.Tensor) else tuple(part[index] for part in state)


def search(model, sources, lengths, beam, words, fixed):
    """Log-probabilities of the best hypotheses of `words` tokens. Without a fixed length one step more is made, which
    </s> would come from; </s> itself is forbidden."""
    batch = sources.size(0)
    annotated = model.annotate(sources, lengths)
    state = model.initial_state(annotated)
    if beam > 1:
        annotated = tuple(None if part is None else part.repeat_interleave(beam, dim=0) for part in annotated)
        state = select(state, torch.arange(batch).repeat_interleave(beam))
    scores = torch.full((batch, beam), float("-inf"))
    scores[:, 0] = 0  # all hypotheses begin alike
    first_rows = (torch.arange(batch) * beam).unsqueeze(1)
    fed = annotated[0].new_zeros(batch * beam, model.fed_units) if model.feeds else None
    tokens = torch.zeros(batch * beam, 0, dtype=torch.long)
    best = None
    for step in range(words if fixed else words + 1):
        state, context = model.step(fed, state, annotated)
        log_probabilities = torch.log_softmax(model.logits(model.hidden(state), fed, context).float(), dim=-1)
        if not fixed:
            log_probabilities[:, END] = float("-inf")
        vocabulary = log_probabilities.size(1)
        total = scores.unsqueeze(2) + log_probabilities.view(batch, beam, vocabulary)
        scores, chosen = total.view(batch, beam * vocabulary).topk(beam, dim=1)
        token = (chosen % vocabulary).view(-1)
        if beam > 1:
            rows = (first_rows + torch.div(chosen, vocabulary, rounding_mode="floor")).view(-1)
            state = select(state, rows)
            tokens = tokens[rows]
        tokens = torch.cat([tokens, token.unsqueeze(1)], dim=1)
        if step + 1 == words:
            best = scores[:, 0].clone()
        fed = model.embedding(token) if model.feeds else None
    return best


def read_batches(path, size, documents):
    """Padded sources and lengths, `size` sources at a time."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    return [files.pad_sources(lines[begin:begin + size], documents) for begin in range(0, len(lines), size)]


def classify(model, sources, lengths):
    """Log-probabilities of the best labels."""
    return torch.log_softmax(model(sources, lengths).float(), dim=-1).flatten(0, 1).max(dim=1).values


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--sentences", type=int, default=1)
    parser.add_argument("--beam", type=int, default=1)
    parser.add_argument("--words", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    work = files.read_work(arguments.folder)
    model = make_any_model(work).eval()
    files.load_model(model, files.read_weights(f"{arguments.folder}/model.safetensors"), work)
    fixed = int(work["options"]["target.fixed_length"])
    documents = files.is_hierarchical(work)
    batches = read_batches(f"{arguments.folder}/sources.{arguments.sentences}.txt", arguments.sentences, documents)
    count = sum((lengths[1] if documents else lengths).size(0) for _, lengths in batches)
    bfloat16 = arguments.precision == "bfloat16"
    autocast = torch.autocast("cpu", dtype=torch.bfloat16) if bfloat16 else contextlib.nullcontext()
    seconds = []
    with torch.inference_mode(), autocast:
        def predict(sources, lengths):
            if documents:
                return classify(model, sources, lengths)
            return search(model, sources, lengths, arguments.beam, fixed or arguments.words, fixed > 0)

        def run():
            return [predict(*batch) for batch in batches]

        log_probability = sum(best.double().sum().item() for best in run())
        begin = time.perf_counter()
        while time.perf_counter() - begin < arguments.seconds:
            start = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    print(json.dumps({
        "program": "pytorch", "work": work["work"], "sentences": arguments.sentences, "beam": arguments.beam,
        "precision": arguments.precision, "log_probability": log_probability, "median_seconds": median,
        "runs": len(seconds), "sentences_per_second": count / median,
        "environment": {name: os.environ[name] for name in sorted(os.environ)
                        if name.startswith(("OMP_", "OPENBLAS_", "ATEN_"))},
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
