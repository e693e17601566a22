"""What the C++ programs write for these scripts: weights, batches and the configuration of a work."""

import json
import struct

import torch


def read_weights(path):
    """Tensors of a safetensors file with float32 values."""
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(size))
        values = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(values, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        tensors[name] = flat.view(entry["shape"]).clone()
    return tensors


def is_hierarchical(work):
    return int(work["options"].get("encoder.levels", 1)) > 1


def read_work(folder):
    with open(f"{folder}/work.json", encoding="utf-8") as file:
        return json.load(file)


def read_batches(folder, ignored=-100):
    """Padded batches: source [batch, length], lengths [batch], target [batch, length] and the same with `ignored` on
    padding, for the loss. Documents are sources and lengths as pad_sources() gives them."""
    documents, batches = is_hierarchical(read_work(folder)), []
    with open(f"{folder}/batches.txt", encoding="utf-8") as file:
        for block in file.read().split("\n\n"):
            pairs = [line.split("\t") for line in block.split("\n") if line]
            if not pairs:
                continue
            targets = [torch.tensor([int(t) for t in target.split()]) for _, target in pairs]
            pad = torch.nn.utils.rnn.pad_sequence
            batches.append((*pad_sources([source for source, _ in pairs], documents), pad(targets, batch_first=True),
                            pad(targets, batch_first=True, padding_value=ignored)))
    return batches


def pad_sources(texts, documents):
    """Padded ids [batch, length] and lengths [batch] of texts "1 2 3". With `documents`, "1 2 | 3", the padded ids are
    [sentences of all documents, length], and the lengths are a pair: words [sentences of all documents] and sentences
    [documents]."""
    sources = [[torch.tensor([int(token) for token in sentence.split()]) for sentence in text.split("|")]
               for text in texts]
    sentences = [sentence for source in sources for sentence in source]
    padded = torch.nn.utils.rnn.pad_sequence(sentences, batch_first=True)
    lengths = torch.tensor([len(sentence) for sentence in sentences])
    return padded, (lengths, torch.tensor([len(source) for source in sources])) if documents else lengths


# Attend's gates stand as z, r, candidate and i, f, o, g; PyTorch's as r, z, n and i, f, g, o (reference: torch.nn.GRU,
# torch.nn.LSTM). A cell without a second set of biases, or without the first, keeps zeros there.
ORDERS = {"gru": [1, 0, 2], "lstm": [0, 1, 3, 2]}


def load_cell(module, suffix, tensors, prefix, kind):
    order = ORDERS[kind]

    def gates(tensor):
        blocks = tensor.chunk(len(order))
        return torch.cat([blocks[i] for i in order])

    with torch.no_grad():
        getattr(module, "weight_ih" + suffix).copy_(gates(tensors[prefix + ".input_weight"]))
        getattr(module, "weight_hh" + suffix).copy_(gates(tensors[prefix + ".recurrent_weight"]))
        first, second = (getattr(module, name + suffix) for name in ("bias_ih", "bias_hh"))
        first.zero_()
        second.zero_()
        if prefix + ".bias" in tensors:
            first.copy_(gates(tensors[prefix + ".bias"]))
        inside = tensors.get(prefix + ".recurrent_bias")
        if inside is not None:
            whole = len(inside) == len(second)
            second[-len(inside):].copy_(gates(inside) if whole else inside)


def load_linear(module, weight, bias=None):
    with torch.no_grad():
        module.weight.copy_(weight.view_as(module.weight))
        if bias is not None:
            module.bias.copy_(bias)


def load_documents(model, tensors, work):
    """The weights of documents.HierarchicalModel."""
    options = work["options"]
    assert options["encoder.gru_reset"] == "after" and options["encoder.gru_update"] == "old"
    for level, prefix in ((model.words, "encoder.0"), (model.sentences, "sentence_encoder.0")):
        load_cell(level.recurrent, "_l0", tensors, f"{prefix}.forward", "gru")
        load_cell(level.recurrent, "_l0_reverse", tensors, f"{prefix}.backward", "gru")
    load_linear(model.words.projection, tensors["word_pooling.weight"], tensors["word_pooling.bias"])
    load_linear(model.words.query, tensors["word_pooling.query"])
    load_linear(model.sentences.projection, tensors["attention.annotation_weight"], tensors["attention.bias"])
    load_linear(model.sentences.query, tensors["attention.energy_weight"])
    load_linear(model.embedding, tensors["source_embedding.weight"])
    load_linear(model.output, tensors["output.weight"], tensors["output.bias"])


def load_model(model, tensors, work):
    options = work["options"]
    if is_hierarchical(work):
        load_documents(model, tensors, work)
        return
    for key in ("encoder", "decoder"):
        if options[f"{key}.cell"] == "gru":
            assert options[f"{key}.gru_reset"] == "after" and options[f"{key}.gru_update"] == "old"
    encoder = model.encoder.recurrent
    load_cell(encoder, "_l0", tensors, "encoder.0.forward", options["encoder.cell"])
    load_cell(encoder, "_l0_reverse", tensors, "encoder.0.backward", options["encoder.cell"])
    load_cell(model.cell, "", tensors, "decoder.0", options["decoder.cell"])
    if options["decoder.order"] == "update-look-update":
        load_cell(model.second_cell, "", tensors, "decoder.context", options["decoder.cell"])
    if model.encoder.embedding is not None:
        load_linear(model.encoder.embedding, tensors["source_embedding.weight"])
    if model.embedding is not None:
        load_linear(model.embedding, tensors["target_embedding.weight"])
    if model.initial is not None:
        load_linear(model.initial, tensors["initial.0.state_weight"], tensors["initial.0.state_bias"])
    if model.initial_cell is not None:
        load_linear(model.initial_cell, tensors["initial.0.cell_weight"], tensors["initial.0.cell_bias"])
    attention = model.attention
    if options["attention.score"] == "scaled-dot":
        for part in ("query", "key", "value"):
            heads = [tensors[f"attention.head.{k}.{part}_weight"] for k in range(attention.heads)]
            load_linear(getattr(attention, part), torch.cat(heads))
        load_linear(attention.output, tensors["attention.output_weight"])
    else:
        load_linear(attention.annotation, tensors["attention.annotation_weight"], tensors.get("attention.bias"))
    if options["attention.coverage"] == "neural":
        load_cell(attention.cell, "", tensors, "attention.coverage", "gru")
        load_linear(attention.coverage, tensors["attention.coverage_weight"])
    if options["attention.score"] == "additive":
        load_linear(attention.query, tensors["attention.query_weight"])
        load_linear(attention.energy, tensors["attention.energy_weight"], tensors.get("attention.energy_bias"))
    if model.readout is not None:
        load_linear(model.readout, tensors["readout.weight"], tensors["readout.bias"])
    load_linear(model.output, tensors["output.weight"], tensors["output.bias"])


def hold_second_biases(model, work):
    """PyTorch's cells have two biases a gate where Attend has one; with this only those learn that Attend has."""
    options = work["options"]

    def hold(module, kind, biases):
        """`biases` of a GRU: outside the reset gate (beside W x), inside it (beside U h, for all gates), or both."""
        first, second = (0, 1) if kind == "gru" and biases == "inside" else (1, 0)
        for name, parameter in module.named_parameters():
            if not name.startswith("bias"):
                continue
            mask = torch.full_like(parameter, first if name.startswith("bias_ih") else second)
            if kind == "gru" and biases == "both":
                mask[-module.hidden_size:] = 1  # the candidate has both
            parameter.register_hook(lambda gradient, mask=mask: gradient * mask)

    if is_hierarchical(work):
        for level in (model.words, model.sentences):
            hold(level.recurrent, "gru", options["encoder.gru_bias"])
        return
    hold(model.encoder.recurrent, options["encoder.cell"], options["encoder.gru_bias"])
    hold(model.cell, options["decoder.cell"], options["decoder.gru_bias"])
    if options["attention.coverage"] == "neural":
        hold(model.attention.cell, "gru", "both")
    if options["decoder.order"] == "update-look-update":
        hold(model.second_cell, options["decoder.cell"], options["decoder.second_gru_bias"])
