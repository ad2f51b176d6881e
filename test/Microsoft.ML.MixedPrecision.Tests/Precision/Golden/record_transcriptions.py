"""Records keras.json, apex.json, deepspeed.json and dynamic.json from short transcriptions: python3 record_transcriptions.py

Each class restates the update that the named function performs, in the peer's own precision (Keras keeps a Float32,
Apex and DeepSpeed a Python float). What is written is rounded to Float32.
"""

import math

from trajectories import common_sequences, float32, random_steps, steps, write


class FloorError(Exception):
    """DeepSpeed raises here and ends the run."""


class Keras:
    """keras/src/optimizers/loss_scale_optimizer.py: LossScaleOptimizer._stateful_handle_finite_grads, ._stateful_handle_non_finite_grads"""

    def __init__(self, initial=32768.0, interval=2000):
        self.scale, self.interval, self.counter = float32(initial), interval, 0

    def update(self, overflow):
        if overflow:
            self.counter, self.scale = 0, float32(self.scale / 2)
        elif self.counter == self.interval - 1:
            self.counter, self.scale = 0, float32(self.scale * 2)
        else:
            self.counter += 1


class Apex:
    """apex/amp/scaler.py: LossScaler.update_scale, of the releases that had apex.amp"""

    def __init__(self, initial=2.0**16, interval=2000, maximum=2.0**24):
        self.scale, self.interval, self.maximum, self.counter = initial, interval, maximum, 0

    def update(self, overflow):
        self.counter = 0 if overflow else self.counter + 1
        if overflow:
            self.scale /= 2
        if self.counter == self.interval:
            self.counter, self.scale = 0, min(self.maximum, self.scale * 2)


class DeepSpeed:
    """deepspeed/runtime/fp16/loss_scaler.py: DynamicLossScaler.update_scale, consecutive_hysteresis off; the counter is cur_hysteresis"""

    def __init__(self, initial=2.0**16, interval=1000, hysteresis=2, minimum=1.0):
        self.scale, self.interval, self.hysteresis, self.minimum = initial, interval, hysteresis, minimum
        self.counter, self.iteration, self.last_overflow = hysteresis, 0, -1

    def update(self, overflow):
        if overflow:
            if self.hysteresis > 1 and self.counter != 1:
                self.counter -= 1
            elif self.scale == self.minimum:
                raise FloorError
            else:
                self.scale = max(self.minimum, self.scale / 2)
            self.last_overflow = self.iteration
        else:
            good = self.iteration - self.last_overflow - 1
            if good > 0 and good % self.interval == 0:
                self.counter = self.hysteresis
                self.scale *= 2
        self.iteration += 1


class Dynamic:
    """
    This library's default. NVIDIA/apex csrc/update_scale_hysteresis.cu: update_scale_hysteresis_cuda_kernel
    (used-up hysteresis lets every further overflow in a row through, a good step refills it), with a floor and a ceiling.
    """

    def __init__(self, initial=65536.0, interval=2000, hysteresis=1, minimum=1.0, maximum=2.0**24, growth=2.0, backoff=0.5):
        self.scale, self.interval, self.hysteresis = initial, interval, hysteresis
        self.minimum, self.maximum, self.growth, self.backoff = minimum, maximum, growth, backoff
        self.counter, self.left = 0, hysteresis

    def update(self, overflow):
        if overflow:
            self.left -= 1
            self.counter = 0
            if self.left <= 0:
                self.scale = max(self.minimum, float32(self.scale * self.backoff))
            return
        self.left = self.hysteresis
        self.counter += 1
        if self.counter == self.interval:
            self.counter = 0
            grown = float32(self.scale * self.growth)
            if math.isfinite(grown):
                self.scale = min(self.maximum, grown)


def record(peer, name, interval, flags, **constants):
    scaler = peer(interval=interval, **constants)
    case = {"name": name, **constants, "interval": interval, "flags": flags, "scales": [], "counters": []}
    case["initial"] = scaler.scale
    for step, overflow in enumerate(flags):
        try:
            scaler.update(overflow)
        except FloorError:
            case["failsAt"] = step
            case["flags"] = flags[: step + 1]
        case["scales"].append(float32(scaler.scale))
        case["counters"].append(scaler.counter)
        if "failsAt" in case:
            break
    return case


def cases_of(peer, interval, *more):
    return [record(peer, *sequence) for sequence in common_sequences(interval)] + list(more)


write("keras.json", "Transcription of Keras 3, LossScaleOptimizer", cases_of(
    Keras, 2000,
    record(Keras, "all overflow, down to zero and on", 2000, steps("o170 g3")),
    record(Keras, "all good, up to infinity and on", 3, steps("g360 o2 g9")),
))

write("apex.json", "Transcription of NVIDIA Apex, amp.LossScaler", cases_of(
    Apex, 2000,
    record(Apex, "all overflow, down to zero", 2000, steps("o170")),
    record(Apex, "all good, up to the ceiling and on", 3, steps("g60 o2 g9")),
    record(Apex, "ceiling that growth does not meet exactly", 2, steps("g60 o3 g20"), maximum=3e6),
))

write("deepspeed.json", "Transcription of DeepSpeed, DynamicLossScaler", [
    record(DeepSpeed, f"{name}, hysteresis {hysteresis}", interval, flags, hysteresis=hysteresis)
    for hysteresis in (1, 2, 3) for name, interval, flags in common_sequences(1000)
] + [
    record(DeepSpeed, "all overflow, down to the floor and its error", 1000, steps("o40"), hysteresis=2),
    record(DeepSpeed, "floor reached, left, reached again", 3, steps("o17 g4 o2 g4 o1 o1 o1 o1"), hysteresis=2),
    record(DeepSpeed, "floor that halving does not meet exactly", 3, steps("o5 g4 o9"), hysteresis=1, initial=1000.0, minimum=300.0),
    record(DeepSpeed, "all good, up to Float32's infinity", 3, steps("g345"), hysteresis=2),
])

write("dynamic.json", "Transcription of update_scale_hysteresis.cu with floor and ceiling", [
    record(Dynamic, f"{name}, hysteresis {hysteresis}", interval, flags, hysteresis=hysteresis)
    for hysteresis in (1, 2, 3) for name, interval, flags in common_sequences(2000)
] + [
    record(Dynamic, "all overflow, down to the floor and on", 2000, steps("o40 g3")),
    record(Dynamic, "all good, up to the ceiling and on", 3, steps("g60 o2 g9")),
    record(Dynamic, "narrow, uneven", 2, random_steps(5, 800, 0.3), hysteresis=2, initial=1000.0, minimum=700.0, maximum=9999.5,
           growth=float32(1.7), backoff=float32(0.3)),
    record(Dynamic, "ceiling near Float32's limit", 1, steps("g200 o1 g3"), maximum=float32(3e38)),
])
