namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Of which type a task's label is.</summary>
internal enum LabelKind
{
    /// <summary>A key of UInt32: one of several classes.</summary>
    Key,

    /// <summary>A vector of keys of UInt32: of each word one of several classes.</summary>
    Keys,

    /// <summary>A Boolean: yes or no.</summary>
    Boolean,

    /// <summary>A Single, or a vector of Single of known size.</summary>
    Number,
}
