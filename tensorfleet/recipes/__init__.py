"""Built-in trainers, each an ordinary script that a user can copy out and change.

    catalog.py  what there is, its parameters, and the command that runs it; imports no torch
    digits.py   a small convolutional network on handwritten digits: the demo's job
    resnet.py   ResNet-18, -34 and -50 on a folder of images
    bert.py     BERT on the bytes of a text, by filling in masked ones
    charlm.py   a small GPT on the characters of a text
    tabular.py  scikit-learn models on a CSV

Each script is whole by itself: it runs under plain `python`, under `torchrun` and as a job, with or without TensorFleet
installed, and checks its own arguments. What they repeat (argparse checks, meeting the other ranks) they repeat on
purpose, because a copied file must not need a second one. Nothing here downloads anything.
"""
