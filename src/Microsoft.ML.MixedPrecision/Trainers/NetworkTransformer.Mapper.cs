using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.MixedPrecision.Pretrained;
using Microsoft.ML.MixedPrecision.Text;
using Microsoft.ML.MixedPrecision.Trainers;

namespace Microsoft.ML.MixedPrecision;

/// <content>What stands in front of the network: <see cref="NetworkFamily"/> says why.</content>
public abstract partial class NetworkTransformer<TModel> : IMappedNetwork, IEncoderModel
{
    private const string MapperEntry = "Mapper";

    /// <summary>Makes the column of features out of those of the data, unless they have it; null where they always do.</summary>
    internal ITransformer? Mapper { get; set; }

    ITransformer? IMappedNetwork.MapperWithoutOnnx => Mapper is TextTokensTransformer or WordTokensTransformer ? Mapper : null;

    string? IWithoutOnnx.WithoutOnnx => Network.Network.Output.IsSequence ? NetworkTokenModelParameters.WithoutOnnx : null;

    bool IEncoderModel.HasEncoder => Tokenizer is not null;

    private Tokenizer? Tokenizer => (Mapper as TextTokensTransformer)?.Tokenizer ?? (Mapper as WordTokensTransformer)?.Tokenizer;

    /// <summary>Columns of the result.</summary>
    /// <param name="inputSchema">Columns of the data.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column that the model reads is missing or of another type or size.</exception>
    public new DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return Transform(new EmptyDataView(Host, inputSchema)).Schema;
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        if (!Maps(inputSchema))
        {
            return Score(inputSchema);
        }

        IRowToRowMapper front = Mapper!.GetRowToRowMapper(inputSchema);
        return new CompositeRowToRowMapper(inputSchema, [front, Score(front.OutputSchema)]);

        IRowToRowMapper Score(DataViewSchema schema) => (IRowToRowMapper)Scorer.ApplyToData(Host, new EmptyDataView(Host, schema));
    }

    void IEncoderModel.WriteEncoder(string folder)
        => EncoderFolder.Write(folder, Network.Network, Tokenizer!.Spec);

    private bool Maps(DataViewSchema schema) => Mapper is not null && schema.GetColumnOrNull(FeatureColumnName) is null;

    private IDataView Mapped(IDataView input) => Maps(input.Schema) ? Mapper!.Transform(input) : input;

    private void SaveMapper(ModelSaveContext ctx)
    {
        if (Mapper is not null)
        {
            ctx.SaveModel(Mapper, MapperEntry);
        }
    }

    private void LoadMapper(ModelLoadContext ctx)
    {
        ctx.LoadModelOrNull<ITransformer, SignatureLoadModel>(Host, out ITransformer? mapper, MapperEntry);
        Mapper = mapper;
    }
}
