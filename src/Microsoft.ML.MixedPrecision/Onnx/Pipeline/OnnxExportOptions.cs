namespace Microsoft.ML.MixedPrecision;

/// <summary>How a fitted pipeline is written as an ONNX file.</summary>
/// <remarks>
/// <para>
/// Steps before and behind the network that are written, each equal to ML.NET's own Transform on every row (norms and weights of n-grams to
/// FP32's rounding): NormalizeMinMax,
/// NormalizeMeanVariance, NormalizeRobustScaling, NormalizeLpNorm, NormalizeGlobalContrast, ReplaceMissingValues, IndicateMissingValues,
/// MapValueToKey, MapKeyToValue, MapKeyToVector,
/// MapKeyToBinaryVector, MapValue to numbers, booleans, text and keys, OneHotEncoding of every kind, Hash and OneHotHashEncoding of scalars
/// and of vectors of up to 256 elements (of any
/// number where the hash is not ordered), ConvertType between numbers, SelectFeaturesBasedOnCount, SelectFeaturesBasedOnMutualInformation,
/// Concatenate, CopyColumns, SelectColumns,
/// DropColumns, and ML.NET's trained models. What is not written is refused by its name, with the reason and what to do.
/// </para>
/// <para>Of text these are written; the file then needs ONNX Runtime, whose own operator Tokenizer it uses:</para>
/// <list type="table">
/// <listheader><term>Step</term><description>Written where</description></listheader>
/// <item><term>FeaturizeText</term><description>one text column; CaseMode None; KeepDiacritics, KeepPunctuations and KeepNumbers true; no
/// stop words; CharFeatureExtractor null;
/// WordFeatureExtractor a WordBagEstimator.Options with SkipLength 0, any NgramLength, UseAllLengths, MaximumNgramsCount and Weighting (Tf,
/// Idf, TfIdf); any Norm.</description></item>
/// <item><term>ProduceWordBags</term><description>one text column; skipLength 0; any ngramLength, useAllLengths, maximumNgramsCount and
/// weighting.</description></item>
/// <item><term>TokenizeIntoWords</term><description>one text column; any separators; followed by MapValueToKey, and that by ProduceNgrams
/// or by MapKeyToVector with outputCountVector
/// true.</description></item>
/// <item><term>ProduceNgrams</term><description>of words as above and of key vectors of fixed length; skipLength 0.</description></item>
/// </list>
/// <para>
/// Not written are FeaturizeText with its default options and NormalizeText that changes texts (ONNX Runtime's operator for upper and lower
/// case needs the locale en_US on the machine
/// and takes one row at a time), n-grams of characters, hashed n-grams, stop words, and word embeddings.
/// </para>
/// <para>
/// A row whose features hold an infinity, or NaN that <see cref="MissingValues"/> does not fill, where a network reads them has NaN as its
/// scores, and its label is missing or false, as in
/// the model
/// with <see cref="InvalidFeatures.ScoreNaN"/>; a file cannot throw. The other rows of a batch are as ever.
/// </para>
/// </remarks>
public sealed class OnnxExportOptions
{
    /// <summary>
    /// What the network is stored and computed in. <see cref="NumericFormat.Float32"/> (the default); <see cref="NumericFormat.Float16"/>:
    /// products and
    /// activations in FP16, where inputs, outputs, softmax, normalizations and Gelu stay FP32; <see cref="NumericFormat.BFloat16"/>:
    /// weights stored in BF16, all
    /// computed in FP32. Both 16-bit formats halve the file.
    /// </summary>
    /// <remarks>
    /// Weights are rounded to nearest even. Those above the format's largest value become ±that and are counted in
    /// <see cref="OnnxExportReport.SaturatedWeights"/>,
    /// which in Float16 needs <see cref="PrecisionAware"/> off: else their layer stays FP32. TensorFloat32 is refused: it is how a GPU
    /// multiplies, not a format of files.
    /// </remarks>
    public NumericFormat Format { get; set; } = NumericFormat.Float32;

    /// <summary>
    /// The columns that the file computes. Null (the default) means what the trained model makes (<c>Score</c>,
    /// <c>PredictedLabel</c>, <c>Probability</c>) and the columns that later steps derive from it, for example by MapKeyToValue.
    /// </summary>
    /// <remarks>What none of these columns depends on, such as the label, is left out of the file and is not asked for.</remarks>
    public IReadOnlyList<string>? OutputColumns { get; set; }

    /// <summary>Version of the operators: <see cref="OnnxOperatorSet.Standard"/> (opset 20, IR 9) by default, or
    /// <see cref="OnnxOperatorSet.Wide"/> (17, 8) for older readers.</summary>
    public OnnxOperatorSet OperatorSet { get; set; }

    /// <summary>
    /// With <see cref="NumericFormat.Float16"/>: whether also the file's FP32 inputs and scores become FP16, for services that hold FP16
    /// data; labels that are numbers stay FP32.
    /// With <see cref="PrecisionAware"/> also what FP16 does not hold stays FP32, and the report says why: features that came near its
    /// largest value in training or on the rows
    /// given, inputs that do so on the rows or may do so by the numbers they are normalised with, scores that do so on the rows or, without
    /// rows, may do so by the last layer's weights and ranges, such as prices of millions.
    /// What the edges change counts for <see cref="MaxDifference"/> and <see cref="MinAgreement"/>, and the export fails if it alone is too
    /// much. Off by default:
    /// ML.NET's <c>ApplyOnnxModel</c> refuses such files; <c>MixedPrecision().Transforms.ApplyOnnxModel</c> takes them.
    /// </summary>
    public bool Float16Edges { get; set; }

    /// <summary>
    /// With <see cref="NumericFormat.Float16"/>: whether layers stay FP32 whose values, in training or on the rows given, come within a
    /// factor of two of FP16's largest
    /// value, 65504, or are mostly under its smallest normal, 6.1e-5, or whose weights are beyond it. On by default; off writes every layer
    /// in FP16 that may be: the
    /// last one of a regression, whose results are in units of the label, is FP32 in every file.
    /// </summary>
    public bool PrecisionAware { get; set; } = true;

    /// <summary>
    /// The largest difference of any score that Float16 may make, in the score's units, on the rows given: layers are kept in FP32, those
    /// first that alone change
    /// the scores most, until it is met. Null (the default) for no limit other than that scores stay finite.
    /// </summary>
    /// <remarks>Where layers have to be kept, all rows are read once for each layer and once for each one kept: some thousand rows are
    /// enough.</remarks>
    public double? MaxDifference { get; set; }

    /// <summary>The smallest share of rows, 0 to 1, whose labels must be the same in Float16; met as <see cref="MaxDifference"/> is. Null
    /// (the default) for no limit.</summary>
    public double? MinAgreement { get; set; }

    /// <summary>Whether there is a limit to what Float16 may change.</summary>
    internal bool HasBudget => MaxDifference is not null || MinAgreement is not null;
}
