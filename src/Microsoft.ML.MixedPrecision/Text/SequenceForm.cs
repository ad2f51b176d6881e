namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>Where the special tokens stand in a row.</summary>
internal enum SequenceForm
{
    /// <summary><c>[CLS] a [SEP]</c>; <c>[CLS] a [SEP] b [SEP]</c>, the second text and its separator of type 1.</summary>
    Bert,

    /// <summary><c>&lt;s&gt; a &lt;/s&gt;</c>; <c>&lt;s&gt; a &lt;/s&gt;&lt;/s&gt; b &lt;/s&gt;</c>, all of type 0.</summary>
    Roberta,

    /// <summary>The texts alone, all of type 0.</summary>
    Plain,
}
