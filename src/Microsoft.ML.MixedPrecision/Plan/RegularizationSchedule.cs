using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>How weight decay and dropout change from step to step.</summary>
[TypeConverter(typeof(NamedEnumConverter<RegularizationSchedule>))]
public enum RegularizationSchedule
{
    /// <summary>They stay as they are set.</summary>
    Constant = 0,

    /// <summary>In the first half of all steps they are as set, then they fall along half a cosine to 0: with p the share of steps done,
    /// both are multiplied by ½(1 + cos(π·max(0, 2p − 1))). Source: RealMLP (https://arxiv.org/abs/2407.04491).</summary>
    FlatCos = 1,
}
