"""Beginning a run with the weights of another one, or of a file."""

from __future__ import annotations

from collections.abc import Iterator

from artgan.models.files import load_generator, load_model
from artgan.training.job import Source
from artgan.training.session import Session
from artgan.training.transfer import Transfer, transfer


def begin_from(session: Session, source: Source) -> Iterator[Transfer]:
    """Give a session's networks the weights they begin with.

    Args:
        session: a new one; its optimizers stay fresh.
        source: where the weights are; without a discriminator, the session's own begins fresh.

    Yields:
        What was reused, one network at a time.

    Raises:
        UsageError: less than half of a network would be reused.
        DamagedError: a file is not a network.
    """
    trainer = session.trainer
    result = transfer(load_generator(source.generator), trainer.generator, "generator")
    trainer.averaged.set_weights(trainer.generator.get_weights())
    if source.discriminator is None:
        yield result
        return
    # Both fit or neither is taken: a generator facing half a critic unlearns at once.
    critic = transfer(load_model(source.discriminator), trainer.discriminator, "discriminator")
    yield result
    yield critic
