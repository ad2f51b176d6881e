using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Text;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(TextTokensTransformer),
    null,
    typeof(SignatureLoadModel),
    "Tokens of texts",
    TextTokensTransformer.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Makes one vector of Single of a text or of two: of each token its id and 1 more, 0 behind the last.</summary>
internal sealed class TextTokensTransformer : RowToRowTransformerBase
{
    /// <summary>Its name in model files.</summary>
    internal const string LoaderSignature = "MixedPrecisionTokens";
    private const string ModelSignature = "MPTOKENS";
    private const string TokenizerFile = "Tokenizer";

    private long _rows;
    private long _cutRows;
    private long _cutTokens;

    /// <summary>Creates it.</summary>
    /// <param name="env">The context.</param>
    /// <param name="columns">Columns of texts, one or two.</param>
    /// <param name="tokenizer">Makes tokens.</param>
    /// <param name="limit">Tokens at most.</param>
    public TextTokensTransformer(IHostEnvironment env, string[] columns, Tokenizer tokenizer, SequenceLimit limit)
        : base(env.Register(LoaderSignature))
        => (Columns, Tokenizer, Limit) = (columns, tokenizer, limit);

    /// <summary>Columns of texts.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Makes tokens.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Tokens at most.</summary>
    public SequenceLimit Limit { get; }

    /// <summary>Name of the vector's column.</summary>
    public string Output => TextTokensEstimator.NameOf([.. Columns]);

    private static VersionInfo Version => new(
        modelSignature: ModelSignature,
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(TextTokensTransformer).Assembly.FullName);

    /// <summary>Loads it.</summary>
    /// <param name="env">The context.</param>
    /// <param name="ctx">Where from.</param>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    internal static TextTokensTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version);
        int count = ctx.Reader.ReadInt32();
        if (count is < 1 or > 2)
        {
            throw Damaged($"it reads {count} texts");
        }

        string[] columns = [.. Enumerable.Range(0, count).Select(_ => ctx.LoadNonEmptyString())];
        var limit = new SequenceLimit(ctx.Reader.ReadInt32(), (Truncation)ctx.Reader.ReadInt32());
        if (limit.MaxTokens < 1 || !Enum.IsDefined(limit.Truncation))
        {
            throw Damaged($"its rows have {limit.MaxTokens} tokens and are cut by {limit.Truncation}");
        }

        Tokenizer? tokenizer = null;
        if (!ctx.TryLoadBinaryStream(TokenizerFile, reader => tokenizer = Tokenizer.Read(reader.BaseStream)))
        {
            throw Damaged("its vocabulary is missing");
        }

        return new TextTokensTransformer(env, columns, tokenizer!, limit);
    }

    /// <summary>Counts a row that was made.</summary>
    /// <param name="cut">Tokens that were left out.</param>
    public void Count(int cut)
    {
        Interlocked.Increment(ref _rows);
        if (cut > 0)
        {
            Interlocked.Increment(ref _cutRows);
            Interlocked.Add(ref _cutTokens, cut);
        }
    }

    /// <summary>Counts anew: rows that were made before, of another training or to be scored, are not those of this one.</summary>
    public void ResetCounts() => (_rows, _cutRows, _cutTokens) = (0, 0, 0);

    /// <summary>What was cut of the rows made since <see cref="ResetCounts"/>; null for nothing.</summary>
    /// <param name="option">What says how long rows may be.</param>
    public string? CutRemark(string option) => _cutRows == 0
        ? null
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{_cutRows} of {_rows} rows have more tokens than {option}, {Limit.MaxTokens}; {_cutTokens} tokens were left out of them "
                + $"(Truncation {Limit.Truncation}). Raise {option} if what is behind matters.");

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version);
        ctx.Writer.Write(Columns.Count);
        foreach (string column in Columns)
        {
            ctx.SaveNonEmptyString(column);
        }

        ctx.Writer.Write(Limit.MaxTokens);
        ctx.Writer.Write((int)Limit.Truncation);
        ctx.SaveBinaryStream(TokenizerFile, writer => Tokenizer.Write(writer.BaseStream));
    }

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new TextTokensMapper(this, schema);

    private static InvalidDataException Damaged(string what)
        => new($"The model file is damaged and cannot be loaded: of the tokens of texts, "
            + $"{what}. Use an undamaged copy of the file, or save the model again.");
}
