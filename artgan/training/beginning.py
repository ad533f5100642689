"""Beginning a run with the weights of another one, or of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import keras

from artgan.errors import UsageError
from artgan.models.files import load_generator, load_model
from artgan.training.job import Source
from artgan.training.session import Session
from artgan.training.transfer import Transfer, transfer


class Networks(NamedTuple):
    """Trained networks to begin with: where they are from, and the critic where there is one."""

    name: str
    generator: keras.Model
    critic: keras.Model | None


def open_networks(source: Source) -> Networks:
    """Open what ``--init`` names.

    Raises:
        DamagedError: a file is not a network.
    """
    critic = None if source.discriminator is None else load_model(source.discriminator)
    return Networks(source.name, load_generator(source.generator), critic)


def begin_from(session: Session, source: Networks) -> Iterator[Transfer]:
    """Give a session's networks the weights they begin with.

    Args:
        session: a new one; its optimizers stay fresh.
        source: without a critic, the session's own begins fresh.

    Yields:
        What was reused, one network at a time.

    Raises:
        UsageError: less than half of a network would be reused, or a layer that stays as it is would be a fresh one.
    """
    trainer = session.trainer
    if trainer.frozen and source.critic is None:
        raise UsageError(
            f"freeze_critic {len(trainer.frozen)} keeps trained layers as they are, and {source.name} brings no critic",
            "begin from a run, with --init RUN, or leave --freeze-critic out",
        )
    result = transfer(source.generator, trainer.generator, "generator")
    trainer.averaged.set_weights(trainer.generator.get_weights())
    if source.critic is None:
        yield result
        return
    # Both fit or neither is taken: a generator facing half a critic unlearns at once.
    critic = transfer(source.critic, trainer.discriminator, "discriminator")
    if fresh := [name for name in trainer.frozen if name in critic.fresh]:
        raise UsageError(
            f"{', '.join(fresh)} of the critic would stay as random as it is: nothing in {source.name} fits it",
            "use a smaller --freeze-critic, or begin from a run of the same preset and size",
        )
    yield result
    yield critic
