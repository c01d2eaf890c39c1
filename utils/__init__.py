"""The shared module of the course on residual networks.

Chapters import from the modules and packages in here, each of which has one job: `blocks`,
`shortcuts`, `resnet`, `data`, `training`, `inspection`, `figures`, `budget`, `device`,
`recordings`, `history`, `seeding`, `timing`, `variables`.
"""
