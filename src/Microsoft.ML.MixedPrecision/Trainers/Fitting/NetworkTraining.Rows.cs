using System.Globalization;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <content>Rows on their way from ML.NET into stores.</content>
internal sealed partial class NetworkTraining
{
    /// <summary>Before any row is read, so that the wrong validation set does not cost the time of reading the right training
    /// set.</summary>
    private LabelledColumns? ValidationColumns(IDataView? data, LabelledColumns trainColumns)
    {
        if (data is null)
        {
            return null;
        }

        var columns = new LabelledColumns(data.Schema, roles);
        trainColumns.CheckValidation(columns);
        return columns;
    }

    /// <summary>Fits to the rows that train what starts from them, unless a previous model has it.</summary>
    private void FitStart(Network network, RowStore train, RowOrder order, Network? previous, int start)
    {
        bool hasBins = network.Body.Leaves.OfType<PiecewiseLinear>().Any();
        if (previous is not null || !(hasBins || family.StartsFromRows) || RowSample.Draw(train, order.Train, start) is not { } sample)
        {
            return;
        }

        BinEdges.Fit(network, sample);
        if (family.StartsFromRows)
        {
            DataDrivenStart.Run(network, sample, start, train.Device.Threads);
        }
    }

    /// <summary>What the network reads: as a previous model does, else sparse rows where the family takes them as they are; null for what
    /// the options say.</summary>
    private InputSpec? InputOf(IDataView data, LabelledColumns columns, Network? previous)
        => previous is null
            ? family.InputOf(
                columns.Features,
                columns.FeatureCount,
                () => SparseLook.At(data, columns.Features),
                message => channel.Info(message))
            : previous.Spec.Inputs[0];

    private RowStore? ReadValidation(
        IDataView? data,
        LabelledColumns? columns,
        CpuDevice device,
        TrainingSplit split,
        (bool TakesGaps, bool IsSparse, TokensInput? Tokens) features)
    {
        if (data is null || columns is null)
        {
            return null;
        }

        // Validation is scoring, which computes in Float32 whatever training computes in.
        RowStore store = Read(
            data,
            columns,
            "validation set",
            device,
            (NumericFormat.Float32, features.TakesGaps, features.IsSparse, features.Tokens),
            out ExampleReader reader);
        try
        {
            reader.CheckClassWeights();
        }
        catch
        {
            store.Dispose();
            throw;
        }

        Advise(RunWarningKind.Data, split.UnseenClasses("rows of the validation set", reader.RowsOfClass));
        return store;
    }

    /// <summary>What dense rows of sparse features take: a remark, or a warning where it is a lot.</summary>
    private void TellOfSparse(SparseNote note)
    {
        if (note.IsLarge(_limit.Bytes))
        {
            Advise(RunWarningKind.Data, $"{note} {SparseNote.Remedy(_limit.Bytes)}");
        }
        else
        {
            channel.Info($"{note}");
        }
    }

    private RowStore Read(
        IDataView data,
        LabelledColumns columns,
        string dataSet,
        CpuDevice device,
        (NumericFormat Format, bool TakesGaps, bool IsSparse, TokensInput? Tokens) features,
        out ExampleReader reader)
    {
        reader = new ExampleReader(columns, dataSet, features.Format, _classWeights, TellOfSparse, features.TakesGaps);
        bool hasWeights = columns.Weight is not null || task.HasClassWeights;
        int? targets = task.Loss.TargetKind == TargetKind.Class ? null : task.Loss.TargetWords(columns.Outputs);
        RowSchema schema = features.Tokens is { } tokens
            ? columns.LabelKind == LabelKind.Keys
                ? RowSchema.StepClasses(tokens.Rows, tokens.Vocabulary, columns.Outputs, hasWeights)
                : RowSchema.Sequences(tokens.Rows, tokens.Vocabulary, hasWeights, targets)
            : features.IsSparse
            ? RowSchema.SparseTable(features.Format, columns.FeatureCount, hasWeights, targets)
            : RowSchema.Table(features.Format, columns.FeatureCount, hasWeights, targets);
        var store = new RowStore(device, schema, _limit);
        try
        {
            reader.Read(data, store, CheckAlive);
        }
        catch
        {
            store.Dispose();
            throw;
        }

        if (store.FileBytes > 0)
        {
            channel.Info(string.Create(CultureInfo.InvariantCulture, $"MemoryLimit is {_limit.Bytes:N0} bytes; rows of the {dataSet} "
                + $"beyond that are in a temporary file of {store.FileBytes:N0} bytes in '{_limit.Folder}'."));
        }

        if (reader.RowsWithoutLabel > 0)
        {
            Advise(RunWarningKind.Data, $"{reader.RowsWithoutLabel} of {reader.RowsWithoutLabel + store.Rows} rows of the {dataSet} "
                + $"were left out: their label in column '{columns.Label.Name}' is missing"
                + $"{(columns.LabelKind == LabelKind.Keys ? ", of every word that is kept" : "")}.");
        }

        return store;
    }
}
