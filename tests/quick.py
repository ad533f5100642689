"""What a training is told whose step is compiled in a second: half of that second is augmentation and penalties."""

QUICK = {"preset": "dcgan", "augment": "", "penalty_every": 1}
QUICK_TYPED = ("--preset", "dcgan", "--augment", "none", "--penalty-every", "1")
