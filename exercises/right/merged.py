"""Right answers to the exercise `merged`, of different structure."""

import torch

# %% two loops


def merged_accuracy(matrix, group):
    right = 0.0
    for i in range(len(matrix)):
        for j in range(len(matrix)):
            if i == j or (i in group and j in group):
                right += float(matrix[i, j])
    return right / float(matrix.sum())


# %% a mask


def merged_accuracy(matrix, group):
    inside = torch.zeros(len(matrix), dtype=torch.bool)
    inside[group] = True
    counts = torch.eye(len(matrix), dtype=torch.bool) | (inside[:, None] & inside)
    return (matrix[counts].sum() / matrix.sum()).item()


# %% a smaller matrix, whose classes are merged


def merged_accuracy(matrix, group):
    label = list(range(len(matrix)))
    for member in group:
        label[member] = group[0]
    merge = torch.nn.functional.one_hot(torch.tensor(label), len(matrix)).to(matrix.dtype)
    smaller = merge.T @ matrix @ merge
    return float(smaller.diagonal().sum()) / float(smaller.sum())


# %% the errors that are left


def merged_accuracy(matrix, group):
    wrong = matrix.clone().fill_diagonal_(0)
    for i in group:
        wrong[i, group] = 0
    return 1 - wrong.sum().item() / matrix.sum().item()
