"""The reference works in PyTorch, as a PyTorch user writes them: modules, padded batches, a loop over the decoder."""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


# What this file has of each option; anything else ends the program. An option that the work does not name has the first
# value.
WRITTEN = {"encoder.layers": ["1"], "decoder.layers": ["1"], "encoder.direction": ["bidirectional"],
           "encoder.layer_norm": ["false"], "encoder.gates": ["logistic"], "decoder.gates": ["logistic"],
           "attention.energies": ["linear"], "attention.kind": ["soft"], "attention.window": ["all"],
           "attention.coverage": ["none"], "attention.normaliser": ["softmax"], "attention.temporal": ["none"],
           "attention.query": ["state"], "attention.context_gate": ["none"], "attention.keys": ["annotations"],
           "decoder.initial_state": ["backward", "mean", "zero"], "decoder.start": ["zero"],
           "decoder.tied_embeddings": ["none"], "decoder.input_layer": ["none"], "decoder.gru_context": ["outside"],
           "decoder.transitions": ["0"], "decoder.copy": ["none"]}
LOOKS_FIRST = {"decoder.order": ["look-update-generate"], "attention.score": ["additive"],
               "decoder.readout": ["tanh", "none"], "decoder.readout_feedback": ["previous"]}
COVERS = LOOKS_FIRST | {"attention.coverage": ["neural"], "decoder.cell": ["gru"]}
HAS_HEADS = LOOKS_FIRST | {"attention.keys": ["projected"], "attention.score": ["scaled-dot"], "decoder.cell": ["gru"]}
LOOKS_BETWEEN = {"decoder.order": ["update-look-update"], "attention.score": ["additive"], "decoder.cell": ["gru"],
                 "decoder.feedback": ["previous"], "decoder.input_feeding": ["none"], "decoder.readout": ["tanh"],
                 "decoder.readout_feedback": ["previous"]}
FEEDS_READOUT = {"decoder.input_feeding": ["readout"], "attention.score": ["general"], "decoder.cell": ["lstm"],
                 "decoder.feedback": ["previous"], "decoder.readout": ["tanh"], "decoder.readout_feedback": ["none"]}


def check(options, written):
    for key, values in written.items():
        if options.get(key, values[0]) not in values:
            raise SystemExit(f"not written in PyTorch: {key}={options[key]}")


def make_model(work):
    """The model of a work. Ends the program when this file lacks it."""
    options = work["options"]
    written, kind = LOOKS_FIRST, Model
    if options["decoder.order"] == "update-look-generate":
        written, kind = FEEDS_READOUT, LuongModel
    elif options["decoder.order"] == "update-look-update":
        written, kind = LOOKS_BETWEEN, ConditionalModel
    elif options["attention.coverage"] == "neural":
        written, kind = COVERS, CoverageModel
    elif int(options.get("attention.heads", 1)) > 1:
        written, kind = HAS_HEADS, MultiHeadModel
    check(options, WRITTEN | written)
    return kind(work)


class Encoder(nn.Module):
    """Bidirectional GRU or LSTM over embeddings, or over one-hot vectors."""

    def __init__(self, cell, vocabulary, embedding, units, packed):
        super().__init__()
        self.vocabulary = vocabulary
        self.packed = packed
        self.embedding = nn.Embedding(vocabulary, embedding) if embedding else None
        recurrent = nn.GRU if cell == "gru" else nn.LSTM
        self.recurrent = recurrent(embedding or vocabulary, units, batch_first=True, bidirectional=True)

    def forward(self, source, lengths):  # [batch, source_length], [batch] → [batch, source_length, 2 units]
        if self.embedding is not None:
            embedded = self.embedding(source)
        else:
            embedded = functional.one_hot(source, self.vocabulary).float()
        if not self.packed:
            return self.recurrent(embedded)[0]
        packed = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(self.recurrent(packed)[0], batch_first=True)[0]


def align(energies, mask):
    """Energies [batch, source_length] → the alignment."""
    if mask is not None:
        energies = energies.masked_fill(mask, float("-inf"))
    return torch.softmax(energies, dim=-1)


def look(energies, annotations, mask):
    """Energies [batch, source_length] → the context [batch, 2 units]."""
    return torch.bmm(align(energies, mask).unsqueeze(1), annotations).squeeze(1)


class AdditiveAttention(nn.Module):
    def __init__(self, query_units, annotation_units, units, energy_bias):
        super().__init__()
        self.query = nn.Linear(query_units, units, bias=False)
        self.annotation = nn.Linear(annotation_units, units)
        self.energy = nn.Linear(units, 1, bias=energy_bias)

    def forward(self, query, annotations, projected, mask):
        energies = self.energy(torch.tanh(self.query(query).unsqueeze(1) + projected)).squeeze(2)
        return look(energies, annotations, mask)


class CoverageAttention(AdditiveAttention):
    """Neural coverage (Tu et al. 2016): a GRU for each position of the source reads the alignment, the annotation and
    the query, and the energies see its state. The GRU is one nn.GRUCell over all positions of a batch."""

    def __init__(self, query_units, annotation_units, units, energy_bias, coverage_units):
        super().__init__(query_units, annotation_units, units, energy_bias)
        self.coverage = nn.Linear(coverage_units, units, bias=False)
        self.cell = nn.GRUCell(1 + annotation_units + query_units, coverage_units)

    def forward(self, query, annotations, projected, mask, coverage):
        """The context, and the coverage [batch, source_length, coverage_units] that the next step sees."""
        hidden = torch.tanh(self.query(query).unsqueeze(1) + projected + self.coverage(coverage))
        alignment = align(self.energy(hidden).squeeze(2), mask)
        context = torch.bmm(alignment.unsqueeze(1), annotations).squeeze(1)
        queries = query.unsqueeze(1).expand(-1, annotations.size(1), -1)
        inputs = torch.cat([alignment.unsqueeze(2), annotations, queries], dim=2)
        covered = self.cell(inputs.flatten(0, 1), coverage.flatten(0, 1))
        return context, covered.view_as(coverage)


class MultiHeadAttention(nn.Module):
    """Scaled dot products of projected queries and keys in several heads, whose contexts one product mixes."""

    def __init__(self, query_units, annotation_units, heads, key_units, value_units):
        super().__init__()
        self.heads = heads
        self.key_units = key_units
        self.query = nn.Linear(query_units, heads * key_units, bias=False)
        self.key = nn.Linear(annotation_units, heads * key_units, bias=False)
        self.value = nn.Linear(annotation_units, heads * value_units, bias=False)
        self.output = nn.Linear(heads * value_units, annotation_units, bias=False)

    def split(self, rows):  # [batch, source_length, heads · units] → [batch, heads, source_length, units]
        return rows.unflatten(2, (self.heads, -1)).transpose(1, 2).contiguous()

    def forward(self, query, annotations, keys, values, mask):
        queries = self.query(query).view(-1, self.heads, 1, self.key_units)
        energies = torch.matmul(queries, keys.transpose(2, 3)) / self.key_units ** 0.5  # [batch, heads, 1, length]
        alignment = align(energies, None if mask is None else mask[:, None, None])
        return self.output(torch.matmul(alignment, values).flatten(1))


class GeneralAttention(nn.Module):
    def __init__(self, query_units, annotation_units):
        super().__init__()
        self.annotation = nn.Linear(annotation_units, query_units, bias=False)

    def forward(self, query, annotations, projected, mask):
        return look(torch.bmm(projected, query.unsqueeze(2)).squeeze(2), annotations, mask)


class Model(nn.Module):
    """Encoder, additive attention, decoder; look–update–generate."""

    def __init__(self, work):
        super().__init__()
        options = work["options"]
        n = int(options["encoder.units"])
        self.units = int(options["decoder.units"])
        self.cell_kind = options["decoder.cell"]
        self.feeds = options["decoder.feedback"] == "previous"
        self.fed_units = int(options["decoder.embedding"]) if self.feeds else 0
        self.masks = options["encoder.padding"] == "masked"
        vocabulary = work["target_vocabulary"]
        self.encoder = Encoder(options["encoder.cell"], work["source_vocabulary"], int(options["encoder.embedding"]), n,
                               packed=self.masks)
        self.embedding = nn.Embedding(vocabulary, self.fed_units) if self.feeds else None
        self.starts_from = options["decoder.initial_state"]
        self.initial = self.initial_cell = None
        if self.starts_from != "zero":
            inputs = n if self.starts_from == "backward" else 2 * n
            self.initial = nn.Linear(inputs, self.units)
            self.initial_cell = nn.Linear(inputs, self.units) if self.cell_kind == "lstm" else None
        self.output = nn.Linear(self.make_decoder(options, 2 * n), vocabulary)

    def make_decoder(self, options, annotation_units):
        """Attention, cell and readout. Returns how many units the output layer sees."""
        self.attention = AdditiveAttention(self.units, annotation_units, int(options["attention.units"]),
                                           options["attention.energy_bias"] == "true")
        cell = nn.GRUCell if self.cell_kind == "gru" else nn.LSTMCell
        self.cell = cell(self.fed_units + annotation_units, self.units)
        self.readout = None
        if options["decoder.readout"] == "none":
            return self.units
        self.readout = nn.Linear(self.units + self.fed_units + annotation_units, int(options["decoder.readout_units"]))
        return self.readout.out_features

    def annotate(self, source, lengths):
        """What all steps look at: annotations, projected annotations, the mask of padding."""
        annotations = self.encoder(source, lengths)
        return annotations, self.attention.annotation(annotations), self.mask(source, lengths)

    def mask(self, source, lengths):
        return torch.arange(source.size(1)).unsqueeze(0) >= lengths.unsqueeze(1) if self.masks else None

    def first_input(self, annotations, mask):
        """What the first state is computed from: ←h_1, or the mean of the annotations, which are 0 on padding."""
        if self.starts_from == "backward":
            return annotations[:, 0, annotations.size(2) // 2:]
        return annotations.mean(1) if mask is None else annotations.sum(1) / (~mask).sum(1, keepdim=True)

    def initial_state(self, annotated):
        annotations, *_, mask = annotated

        def compute(layer):
            if layer is None:
                return annotations.new_zeros(annotations.size(0), self.units)
            return torch.tanh(layer(self.first_input(annotations, mask)))

        hidden = compute(self.initial)
        return hidden if self.cell_kind == "gru" else (hidden, compute(self.initial_cell))

    def hidden(self, state):
        return state if self.cell_kind == "gru" else state[0]

    def step(self, fed, state, annotated):
        """One look and one update: the state and what was looked at. `fed`: E y_{i-1}, or None."""
        context = self.attention(self.hidden(state), *annotated)
        state = self.cell(context if fed is None else torch.cat([fed, context], dim=1), state)
        return state, context

    def logits(self, states, fed, contexts):
        if self.readout is None:
            return self.output(states)
        return self.output(torch.tanh(self.readout(torch.cat([states, fed, contexts], dim=-1))))

    def forward(self, source, lengths, target):
        """Teacher forcing: logits [batch, target_length, vocabulary]."""
        annotated = self.annotate(source, lengths)
        state = self.initial_state(annotated)
        fed = None
        if self.feeds:
            embedded = self.embedding(target[:, :-1])
            fed = torch.cat([embedded.new_zeros(target.size(0), 1, self.fed_units), embedded], dim=1)
        states, contexts = [], []
        for i in range(target.size(1)):
            state, context = self.step(fed[:, i] if self.feeds else None, state, annotated)
            states.append(self.hidden(state))
            contexts.append(context)
        return self.logits(torch.stack(states, dim=1), fed, torch.stack(contexts, dim=1))


class ConditionalModel(Model):
    """The conditional GRU of dl4mt and Nematus: a cell that reads the previous token, a look with its state, and a cell
    that reads the context. Both are nn.GRUCell, which has two biases a gate; published are one, outside the reset gate
    in the first cell and inside it in the second. Multiply-adds are equal, and training.py --one-bias learns the
    published biases alone."""

    def make_decoder(self, options, annotation_units):
        units = super().make_decoder(options, annotation_units)
        self.cell = nn.GRUCell(self.fed_units, self.units)
        self.second_cell = nn.GRUCell(annotation_units, self.units)
        return units

    def step(self, fed, state, annotated):
        first = self.cell(fed, state)
        context = self.attention(first, *annotated)
        return self.second_cell(context, first), context


class CoverageModel(Model):
    """The state is that of the decoder and the coverage."""

    def make_decoder(self, options, annotation_units):
        units = super().make_decoder(options, annotation_units)
        self.attention = CoverageAttention(self.units, annotation_units, int(options["attention.units"]),
                                           options["attention.energy_bias"] == "true",
                                           int(options["attention.coverage_units"]))
        return units

    def initial_state(self, annotated):
        annotations = annotated[0]
        coverage = annotations.new_zeros(*annotations.shape[:2], self.attention.cell.hidden_size)
        return super().initial_state(annotated), coverage

    def hidden(self, state):
        return state[0]

    def step(self, fed, state, annotated):
        hidden, coverage = state
        context, coverage = self.attention(hidden, *annotated, coverage)
        return (self.cell(torch.cat([fed, context], dim=1), hidden), coverage), context


class MultiHeadModel(Model):
    """All steps look at keys and values in place of the annotations."""

    def make_decoder(self, options, annotation_units):
        units = super().make_decoder(options, annotation_units)
        self.attention = MultiHeadAttention(self.units, annotation_units, int(options["attention.heads"]),
                                            int(options["attention.key_units"]),
                                            int(options["attention.value_units"]))
        return units

    def annotate(self, source, lengths):
        annotations, attention = self.encoder(source, lengths), self.attention
        keys, values = (attention.split(part(annotations)) for part in (attention.key, attention.value))
        return annotations, keys, values, self.mask(source, lengths)


class LuongModel(Model):
    """General score and input feeding over LSTMs; update–look–generate. The readout (Luong's attentional vector) is
    made within the step and is part of the state; it stands where the other model has the context."""

    def make_decoder(self, options, annotation_units):
        self.attention = GeneralAttention(self.units, annotation_units)
        self.readout = nn.Linear(self.units + annotation_units, int(options["decoder.readout_units"]))
        self.cell = nn.LSTMCell(self.fed_units + self.readout.out_features, self.units)
        return self.readout.out_features

    def initial_state(self, annotated):
        nothing = annotated[0].new_zeros(annotated[0].size(0), self.readout.out_features)
        return *super().initial_state(annotated), nothing

    def step(self, fed, state, annotated):
        hidden, cell, readout = state
        hidden, cell = self.cell(torch.cat([fed, readout], dim=1), (hidden, cell))
        context = self.attention(hidden, *annotated)
        readout = torch.tanh(self.readout(torch.cat([hidden, context], dim=1)))
        return (hidden, cell, readout), readout

    def logits(self, states, fed, readouts):
        return self.output(readouts)
