using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Text;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(WordTokensTransformer),
    null,
    typeof(SignatureLoadModel),
    "Tokens of words",
    WordTokensTransformer.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Makes tokens of a vector of words, and says where each word's begin: <see cref="WordTokensEstimator"/>.</summary>
internal sealed class WordTokensTransformer : RowToRowTransformerBase
{
    /// <summary>Its name in model files.</summary>
    internal const string LoaderSignature = "MixedPrecisionWords";
    private const string ModelSignature = "MPWTOKEN";
    private const string TokenizerFile = "Tokenizer";

    private long _rows;
    private long _cutRows;
    private long _cutTokens;
    private long _cutWords;

    /// <summary>Creates it.</summary>
    /// <param name="env">The context.</param>
    /// <param name="column">Column of words.</param>
    /// <param name="tokenizer">Makes tokens.</param>
    /// <param name="most">Tokens of a row at most.</param>
    public WordTokensTransformer(IHostEnvironment env, string column, Tokenizer tokenizer, int most)
        : base(env.Register(LoaderSignature))
        => (Column, Tokenizer, Most) = (column, tokenizer, most);

    /// <summary>Column of words.</summary>
    public string Column { get; }

    /// <summary>Makes tokens.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Tokens of a row at most.</summary>
    public int Most { get; }

    /// <summary>Name of the column of tokens.</summary>
    public string Tokens => TextTokensEstimator.NameOf([Column]);

    /// <summary>Name of the column of places.</summary>
    public string Places => WordTokensEstimator.PlacesOf(Column);

    private static VersionInfo Version => new(
        modelSignature: ModelSignature,
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(WordTokensTransformer).Assembly.FullName);

    /// <summary>Loads it.</summary>
    /// <param name="env">The context.</param>
    /// <param name="ctx">Where from.</param>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    internal static WordTokensTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version);
        string column = ctx.LoadNonEmptyString();
        int most = ctx.Reader.ReadInt32();
        Tokenizer? tokenizer = null;
        if (!ctx.TryLoadBinaryStream(TokenizerFile, reader => tokenizer = Tokenizer.Read(reader.BaseStream)))
        {
            throw Damaged("its vocabulary is missing");
        }

        return most >= Math.Max(1, TokenSequence.SpecialCount(tokenizer!.Spec.Form, isPair: false))
            ? new WordTokensTransformer(env, column, tokenizer, most)
            : throw Damaged($"its rows have {most} tokens");
    }

    /// <summary>Counts a row that was made.</summary>
    /// <param name="row">The row.</param>
    public void Count(WordRow row)
    {
        Interlocked.Increment(ref _rows);
        if (row.Cut > 0)
        {
            Interlocked.Increment(ref _cutRows);
            Interlocked.Add(ref _cutTokens, row.Cut);
            Interlocked.Add(ref _cutWords, row.CutWords);
        }
    }

    /// <summary>Counts anew: rows that were made before, of another training or to be scored, are not those of this one.</summary>
    public void ResetCounts() => (_rows, _cutRows, _cutTokens, _cutWords) = (0, 0, 0, 0);

    /// <summary>What was cut of the rows made since <see cref="ResetCounts"/>; null for nothing.</summary>
    /// <param name="option">What says how long rows may be.</param>
    public string? CutRemark(string option) => _cutRows == 0
        ? null
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{_cutRows} of {_rows} rows have more tokens than {option}, {Most}; {_cutTokens} tokens at their ends were left out, and with "
                + $"them all of {_cutWords} words, which have no say and get no prediction. Raise {option}, or give shorter rows, for "
                + $"example a sentence each.");

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version);
        ctx.SaveNonEmptyString(Column);
        ctx.Writer.Write(Most);
        ctx.SaveBinaryStream(TokenizerFile, writer => Tokenizer.Write(writer.BaseStream));
    }

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new WordTokensMapper(this, schema);

    private static InvalidDataException Damaged(string what)
        => new($"The model file is damaged and cannot be loaded: of the tokens of words, "
            + $"{what}. Use an undamaged copy of the file, or save the model again.");
}
