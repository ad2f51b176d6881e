using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Transforms.Text;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>Writes the steps from a text to its words.</summary>
internal static class TextWriters
{
    private const string Options = "Microsoft.ML.Transforms.Text.WordTokenizingEstimator+ColumnOptions, Microsoft.ML.Transforms";

    /// <summary>
    /// What words are filled up with to the number of those of the longest text of a batch: no word is a blank, since ML.NET drops blank
    /// ones, so that it is in no
    /// list that was learnt.
    /// </summary>
    private const string Filling = " ";

    /// <summary>NormalizeText where it changes nothing: the text itself.</summary>
    /// <returns>(N, 1), texts.</returns>
    /// <exception cref="NotSupportedException">It changes letters, or leaves some out.</exception>
    public static OnnxValue WriteNormalized(PipelineColumn column)
    {
        var transformer = (TextNormalizingTransformer)column.Transformer;
        var mode = Case(transformer);
        bool[] keeps = [KeepsDiacritics(transformer), KeepsPunctuation(transformer), KeepsNumbers(transformer)];
        return mode == TextNormalizingEstimator.CaseMode.None && Array.TrueForAll(keeps, kept => kept)
            ? column.InputValue
            : throw column.Refusal($"changes texts (CaseMode {mode}; KeepDiacritics, KeepPunctuations and KeepNumbers are "
                + $"{string.Join(", ", keeps)}), "
                + "for which ONNX has no operator but one that needs the locale en_US of the machine; "
                + "with CaseMode None and all three true texts are taken as they are");
    }

    /// <summary>
    /// TokenizeIntoWords: the longest parts of a text without a separator, without spaces at their ends, by ONNX Runtime's operator
    /// <c>com.microsoft.Tokenizer</c>.
    /// </summary>
    /// <returns>(N, words of the longest text), texts; others are filled up.</returns>
    /// <exception cref="NotSupportedException">Several texts are put together.</exception>
    public static OnnxValue WriteWords(PipelineColumn column)
    {
        if (column.Input.Type is VectorDataViewType)
        {
            throw column.Refusal($"is made from several texts, '{column.Input.Name}' of type {column.Input.Type}; "
                + "words of one text are written");
        }

        var words = column.AddNode("Tokenizer", OnnxElementType.String, column.InputValue);
        column.OfRuntime(words).With("mark", 0L).With("mincharnum", 1L).With("pad_value", Filling)
            .With("tokenexp", WordPattern(SeparatorsOf(column)));
        return column.Add("Squeeze", OnnxElementType.String, words.Value, column.Integers("texts", 1));
    }

    /// <summary>A character that is neither separator nor space; or one such, any that are no separators, and one such again.</summary>
    private static string WordPattern(char[] separators)
    {
        string separator = string.Concat(separators.Select(Escaped)), space = Escaped(' ');
        return $"[^{separator}{space}]([^{separator}]*[^{separator}{space}])?";
    }

    private static string Escaped(char separator) => @"\x{" + ((int)separator).ToString("x", CultureInfo.InvariantCulture) + "}";

    private static char[] SeparatorsOf(PipelineColumn column)
    {
        var all = (IEnumerable<object>)ColumnsOf((WordTokenizingTransformer)column.Transformer);
        return Separators(all.Last(options => NameOf(options) == column.Name));
    }

    // The columns' options are of a type that is hidden in an assembly which is not opened.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Columns")]
    [return: UnsafeAccessorType("System.Collections.Generic.IReadOnlyCollection`1[[" + Options + "]]")]
    private static extern object ColumnsOf(WordTokenizingTransformer transformer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "Name")]
    private static extern ref string NameOf([UnsafeAccessorType(Options)] object options);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "SeparatorsArray")]
    private static extern ref char[] Separators([UnsafeAccessorType(Options)] object options);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_caseMode")]
    private static extern ref TextNormalizingEstimator.CaseMode Case(TextNormalizingTransformer transformer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_keepDiacritics")]
    private static extern ref bool KeepsDiacritics(TextNormalizingTransformer transformer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_keepPunctuations")]
    private static extern ref bool KeepsPunctuation(TextNormalizingTransformer transformer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_keepNumbers")]
    private static extern ref bool KeepsNumbers(TextNormalizingTransformer transformer);
}
