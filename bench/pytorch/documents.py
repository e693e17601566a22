"""Hierarchical attention (Yang et al. 2016) in PyTorch, as a PyTorch user writes it: the sentences of all documents of
a batch are one batch of nn.GRU over packed sequences, their vectors another."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

import files
import model

# What this file has of each option; anything else ends the program. An option that the work does not name has the first
# value.
WRITTEN = {"encoder.levels": ["2"], "encoder.pooling": ["attention"], "encoder.cell": ["gru"], "encoder.layers": ["1"],
           "encoder.direction": ["bidirectional"], "encoder.join": ["concatenate"], "encoder.layer_norm": ["false"],
           "encoder.gates": ["logistic"], "attention.kind": ["soft"], "attention.score": ["learned-query"],
           "attention.window": ["all"], "attention.normaliser": ["softmax"], "attention.keys": ["annotations"],
           "attention.heads": ["1"], "attention.energy_bias": ["false"], "attention.context_gate": ["none"],
           "attention.coverage": ["none"], "decoder.cell": ["none"], "decoder.readout": ["none"],
           "target.fixed_length": ["1"]}


class Level(nn.Module):
    """A bidirectional GRU over sequences, whose states attention with a learned query makes one vector of each."""

    def __init__(self, inputs, units, hidden):
        super().__init__()
        self.recurrent = nn.GRU(inputs, units, batch_first=True, bidirectional=True)
        self.projection = nn.Linear(2 * units, hidden)
        self.query = nn.Linear(hidden, 1, bias=False)

    def forward(self, inputs, lengths):  # [sequences, length, inputs], [sequences] → [sequences, 2 units]
        packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        states = pad_packed_sequence(self.recurrent(packed)[0], batch_first=True)[0]
        energies = self.query(torch.tanh(self.projection(states))).squeeze(2)
        mask = torch.arange(states.size(1)).unsqueeze(0) >= lengths.unsqueeze(1)
        return model.look(energies, states, mask)


class HierarchicalModel(nn.Module):
    def __init__(self, work):
        super().__init__()
        options = work["options"]
        units = int(options["encoder.units"])
        self.embedding = nn.Embedding(work["source_vocabulary"], int(options["encoder.embedding"]))
        self.words = Level(self.embedding.embedding_dim, units, int(options["encoder.pooling_units"]))
        self.sentences = Level(2 * units, units, int(options["attention.units"]))
        self.output = nn.Linear(2 * units, work["target_vocabulary"])

    def forward(self, source, lengths, _=None):
        """`source` [sentences of all documents, words]; `lengths`: words [sentences of all documents] and sentences
        [documents]. Returns logits [documents, 1, labels]: a label is a target of one token."""
        words, sentences = lengths
        vectors = self.words(self.embedding(source), words)
        documents = pad_sequence(torch.split(vectors, sentences.tolist()), batch_first=True)
        return self.output(self.sentences(documents, sentences)).unsqueeze(1)


def make_any_model(work):
    """The model of a work. Ends the program when it is not written in PyTorch."""
    if not files.is_hierarchical(work):
        return model.make_model(work)
    model.check(work["options"], WRITTEN)
    return HierarchicalModel(work)
