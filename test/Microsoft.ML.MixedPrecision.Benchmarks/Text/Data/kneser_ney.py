#!/usr/bin/env python3
"""Perplexity of an interpolated modified Kneser-Ney n-gram on token ids: kneser_ney.py TRAIN TEST VOCABULARY [ORDER].

TRAIN and TEST have a text a line, its ids apart by spaces, with those that begin and end it; VOCABULARY is how many ids there are, ORDER is 5.
All ids of a line but the first are predicted, each from at most ORDER - 1 before it. Written from S. F. Chen and J. Goodman, "An Empirical Study
of Smoothing Techniques for Language Modeling", 1998, section 3: three discounts an order, from counts of counts; lower orders count what
distinct tokens stand before, n-grams that begin a line how often they do; the unigram is interpolated with the uniform distribution.
"""

import collections
import json
import math
import sys


def read(path):
    with open(path, encoding="ascii") as file:
        return [[int(word) for word in line.split()] for line in file if line.strip()]


def count(lines, order):
    """counts[n]: of each n-gram its (continuation) count."""
    raw = [collections.Counter() for _ in range(order + 1)]
    for line in lines:
        for i in range(1, len(line)):
            for n in range(1, min(order, i + 1) + 1):
                raw[n][tuple(line[i - n + 1:i + 1])] += 1
    counts = [None] * (order + 1)
    counts[order] = raw[order]
    for n in range(1, order):
        counts[n] = collections.Counter(gram[1:] for gram in raw[n + 1])
        for line in lines:
            if len(line) >= n and n > 1:
                counts[n][tuple(line[:n])] += 1
    return counts


class Model:
    def __init__(self, lines, vocabulary, order):
        self.order, self.vocabulary = order, vocabulary
        self.counts = count(lines, order)
        self.discounts, self.totals = [None], [None]
        for n in range(1, order + 1):
            of = collections.Counter(value for value in self.counts[n].values() if value <= 4)
            y = of[1] / (of[1] + 2 * of[2])
            self.discounts.append([0] + [k - (k + 1) * y * of[k + 1] / of[k] for k in (1, 2, 3)])
            assert all(0 <= d <= k for k, d in enumerate(self.discounts[n])), f"discounts of order {n}: {self.discounts[n]}"
            totals = {}
            for gram, value in self.counts[n].items():
                entry = totals.setdefault(gram[:-1], [0, 0.0])
                entry[0] += value
                entry[1] += self.discounts[n][min(value, 3)]
            self.totals.append(totals)

    def probability(self, gram):
        p = 1 / self.vocabulary
        for n in range(1, min(self.order, len(gram)) + 1):
            tail = gram[len(gram) - n:]
            entry = self.totals[n].get(tail[:-1])
            if entry is None:
                break
            value = self.counts[n].get(tail, 0)
            p = (max(value - self.discounts[n][min(value, 3)], 0) + entry[1] * p) / entry[0]
        return p


def main():
    train, test, vocabulary = read(sys.argv[1]), read(sys.argv[2]), int(sys.argv[3])
    order = int(sys.argv[4]) if len(sys.argv) > 4 else 5
    model = Model(train, vocabulary, order)
    context = tuple(train[0][:3])
    total = sum(model.probability(context + (w,)) for w in range(vocabulary))
    assert abs(total - 1) < 1e-9, f"probabilities sum to {total}"
    sum_, tokens = 0.0, 0
    for line in test:
        for i in range(1, len(line)):
            sum_ += math.log(model.probability(tuple(line[max(0, i - order + 1):i + 1])))
            tokens += 1
    print(json.dumps({"kind": "measurement", "system": f"modified Kneser-Ney, order {order}", "train": sum(len(line) - 1 for line in train),
                      "tokens": tokens, "perplexity": round(math.exp(-sum_ / tokens), 3)}))


if __name__ == "__main__":
    main()
