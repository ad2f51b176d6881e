using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Scores words for ML.NET's generic scorer, row by row, and says what the scorer's columns are.</summary>
/// <param name="model">The network.</param>
/// <param name="columns">The columns of a row's scores.</param>
/// <param name="label">The label's column in training, whose keys are predicted.</param>
internal sealed class TokenMapper(NetworkModel model, ScoreColumns columns, DataViewSchema.Column label) : ISchemaBindableMapper
{
    /// <summary>What the scores are, noted beside them.</summary>
    private const string Kind = "TokenClassification";

    /// <summary>The role of the column of places.</summary>
    public static RoleMappedSchema.ColumnRole Places { get; } = new("Places");

    /// <inheritdoc/>
    public ISchemaBoundMapper Bind(IHostEnvironment env, RoleMappedSchema schema) => new Bound(this, schema);

    private static DataViewSchema Output(DataViewSchema.Column label)
    {
        var key = (KeyDataViewType)label.Type.GetItemType();
        var builder = new DataViewSchema.Builder();
        builder.AddColumn(DefaultColumnNames.PredictedLabel, new VectorDataViewType(key), Annotations(
            AnnotationUtils.Const.ScoreValueKind.PredictedLabel, label.Annotations));
        builder.AddColumn(DefaultColumnNames.Score, new VectorDataViewType(NumberDataViewType.Single), Annotations(
            AnnotationUtils.Const.ScoreValueKind.Score, null));
        return builder.ToSchema();
    }

    private static DataViewSchema.Annotations Annotations(string value, DataViewSchema.Annotations? label)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        AddText(builder, AnnotationUtils.Kinds.ScoreColumnKind, Kind);
        AddText(builder, AnnotationUtils.Kinds.ScoreValueKind, value);
        if (label is not null)
        {
            builder.Add(label, name => name == AnnotationUtils.Kinds.KeyValues);
        }

        return builder.ToAnnotations();
    }

    private static void AddText(DataViewSchema.Annotations.Builder builder, string name, string text)
        => builder.Add(name, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = text.AsMemory());

    private sealed class Bound(TokenMapper mapper, RoleMappedSchema schema) : ISchemaBoundRowMapper
    {
        private readonly DataViewSchema _output = Output(mapper.Label);

        public RoleMappedSchema InputRoleMappedSchema => schema;

        public DataViewSchema OutputSchema => _output;

        public ISchemaBindableMapper Bindable => mapper;

        public DataViewSchema InputSchema => schema.Schema;

        private IEnumerable<DataViewSchema.Column> Inputs => [schema.Feature!.Value, schema.GetColumns(Places)[0]];

        public IEnumerable<KeyValuePair<RoleMappedSchema.ColumnRole, string>> GetInputColumnRoles()
            => [RoleMappedSchema.ColumnRole.Feature.Bind(schema.Feature!.Value.Name), Places.Bind(schema.GetColumns(Places)[0].Name)];

        public IEnumerable<DataViewSchema.Column> GetDependenciesForNewColumns(IEnumerable<DataViewSchema.Column> dependingColumns)
            => dependingColumns.Any() ? Inputs : [];

        public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
        {
            HashSet<int> active = [.. activeColumns.Select(column => column.Index)];
            var getters = new Delegate[_output.Count];
            if (active.Count > 0)
            {
                RowScores scores = Scores(input);
                foreach (int column in active)
                {
                    getters[column] = mapper.Columns.Getter(_output[column].Name, scores, input);
                }
            }

            return new SimpleRow(_output, input, getters);
        }

        /// <summary>The scores of the row at hand, computed once for all columns.</summary>
        private RowScores Scores(DataViewRow input)
        {
            var scorer = new RowScorer(mapper.Model);
            ValueGetter<VBuffer<float>> getTokens = input.GetGetter<VBuffer<float>>(schema.Feature!.Value);
            VBuffer<float> tokens = default;
            float[] scores = new float[mapper.Model.Network.Outputs];
            long position = -1;
            return () =>
            {
                if (input.Position != position || position < 0)
                {
                    getTokens(ref tokens);
                    scorer.Run(tokens).CopyTo(scores);
                    position = input.Position;
                }

                return scores;
            };
        }
    }

    private NetworkModel Model => model;

    private ScoreColumns Columns => columns;

    private DataViewSchema.Column Label => label;
}
