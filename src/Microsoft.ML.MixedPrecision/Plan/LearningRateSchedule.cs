using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>
/// How the learning rate changes with the number t = 1 … T of the committed step, of which w are warm-up: there it is t/w of the full rate.
/// With p = (t − 1 − w)/(T − w) afterwards and f the final share:
/// </summary>
[TypeConverter(typeof(NamedEnumConverter<LearningRateSchedule>))]
public enum LearningRateSchedule
{
    /// <summary>The full rate.</summary>
    Constant = 0,

    /// <summary>1 − (1 − f)·p of it.</summary>
    Linear,

    /// <summary>f + (1 − f)·(1 + cos πp)/2 of it (Loshchilov and Hutter, "SGDR", 2017;
    /// torch.optim.lr_scheduler.CosineAnnealingLR).</summary>
    Cosine,

    /// <summary>
    /// From 1/25 of it along a cosine up to all of it in step w and along another one down to 1/250000 in step T, where w is the warm-up's
    /// share of T, 0.3 of it where that
    /// is 0, and need be no whole number: the highest rate then lies between two steps (Smith and Topin, "Super-convergence", 2018;
    /// torch.optim.lr_scheduler.OneCycleLR, without its cycle of the momentum). With w below 1 the rate falls from the first step on. With
    /// w = 1, for which PyTorch has no
    /// answer, and in a run of one step, the first step has all of it.
    /// </summary>
    OneCycle,

    /// <summary>
    /// ½(1 − cos(2π·log₂(1 + 15p))) of it: four hills, each twice as long as the one before, with valleys of 0 at p = 0, 1/15, 3/15, 7/15
    /// and 1, where stopping is natural (RealMLP's coslog4; Holzmüller, Grinsztajn and Steinwart, "Better by default", 2024, arXiv
    /// 2407.04491). The first step after the warm-up is in a valley and changes nothing.
    /// </summary>
    CosLog,

    /// <summary>All of it for the first half, p &lt; ½, then f + (1 − f)·(1 + cos π(2p − 1))/2 of it (RealMLP's flat_cos).</summary>
    FlatCos,
}
