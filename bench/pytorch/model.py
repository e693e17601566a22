"""The reference works in PyTorch, as a PyTorch user writes them: modules, padded batches, a loop over the decoder."""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def check(options):
    """Ends the program when this file lacks the model."""
    expected = {"encoder.layers": "1", "decoder.layers": "1", "decoder.order": "look-update-generate",
                "attention.energies": "linear", "encoder.gates": "logistic", "decoder.gates": "logistic"}
    for key, value in expected.items():
        if options[key] != value:
            raise SystemExit(f"not written in PyTorch: {key}={options[key]}")
    if options.get("attention.score", "additive") != "additive":
        raise SystemExit(f"not written in PyTorch: attention.score={options['attention.score']}")
    if options["decoder.readout"] not in ("tanh", "none") or options["decoder.initial_state"] not in ("backward", "zero"):
        raise SystemExit("not written in PyTorch: this readout or initial state")


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


class AdditiveAttention(nn.Module):
    def __init__(self, query_units, annotation_units, units, energy_bias):
        super().__init__()
        self.query = nn.Linear(query_units, units, bias=False)
        self.annotation = nn.Linear(annotation_units, units)
        self.energy = nn.Linear(units, 1, bias=energy_bias)

    def forward(self, query, annotations, projected, mask):
        energies = self.energy(torch.tanh(self.query(query).unsqueeze(1) + projected)).squeeze(2)
        if mask is not None:
            energies = energies.masked_fill(mask, float("-inf"))
        alignment = torch.softmax(energies, dim=1)
        return torch.bmm(alignment.unsqueeze(1), annotations).squeeze(1)


class Model(nn.Module):
    """Encoder, additive attention, decoder; look–update–generate."""

    def __init__(self, work):
        super().__init__()
        options = work["options"]
        check(options)
        n = int(options["encoder.units"])
        self.units = int(options["decoder.units"])
        self.cell_kind = options["decoder.cell"]
        self.feeds = options["decoder.feedback"] == "previous"
        self.fed_units = int(options["decoder.embedding"]) if self.feeds else 0
        self.masks = options["encoder.padding"] == "masked"
        vocabulary = work["target_vocabulary"]
        self.encoder = Encoder(options["encoder.cell"], work["source_vocabulary"], int(options["encoder.embedding"]), n,
                               packed=self.masks)
        self.attention = AdditiveAttention(self.units, 2 * n, int(options["attention.units"]),
                                           options["attention.energy_bias"] == "true")
        self.embedding = nn.Embedding(vocabulary, self.fed_units) if self.feeds else None
        cell = nn.GRUCell if self.cell_kind == "gru" else nn.LSTMCell
        self.cell = cell(self.fed_units + 2 * n, self.units)
        self.initial = nn.Linear(n, self.units) if options["decoder.initial_state"] == "backward" else None
        last = self.units
        self.readout = None
        if options["decoder.readout"] == "tanh":
            last = int(options["decoder.readout_units"])
            self.readout = nn.Linear(self.units + self.fed_units + 2 * n, last)
        self.output = nn.Linear(last, vocabulary)

    def annotate(self, source, lengths):
        """What all steps look at: annotations, projected annotations, the mask of padding."""
        annotations = self.encoder(source, lengths)
        mask = None
        if self.masks:
            mask = torch.arange(source.size(1)).unsqueeze(0) >= lengths.unsqueeze(1)
        return annotations, self.attention.annotation(annotations), mask

    def initial_state(self, annotations):
        if self.initial is not None:
            hidden = torch.tanh(self.initial(annotations[:, 0, annotations.size(2) // 2:]))
        else:
            hidden = annotations.new_zeros(annotations.size(0), self.units)
        return hidden if self.cell_kind == "gru" else (hidden, hidden)

    def hidden(self, state):
        return state if self.cell_kind == "gru" else state[0]

    def step(self, fed, state, annotated):
        """One look and one update. `fed`: E y_{i-1}, or None."""
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
        state = self.initial_state(annotated[0])
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
