// Benchmarks of the product beside its peers. Without arguments: what there is, with every option and its default.
using System.Globalization;
using Microsoft.ML.MixedPrecision.Benchmarks.Checkpoints;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.CpuEngine;
using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;
using Microsoft.ML.MixedPrecision.Benchmarks.Fit;
using Microsoft.ML.MixedPrecision.Benchmarks.Micro;
using Microsoft.ML.MixedPrecision.Benchmarks.Parity;
using Microsoft.ML.MixedPrecision.Benchmarks.Products;
using Microsoft.ML.MixedPrecision.Benchmarks.Reading;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;
using Microsoft.ML.MixedPrecision.Benchmarks.Scoring;
using Microsoft.ML.MixedPrecision.Benchmarks.Service;
using Microsoft.ML.MixedPrecision.Benchmarks.Steps;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables;
using Microsoft.ML.MixedPrecision.Benchmarks.Text;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
return BenchmarkCommand.Run(
    [
        FitCommand.Command,
        ParityCommand.Command,
        StepsCommand.Command,
        BitsCommand.Command,
        ProductsCommand.Command,
        CpuCommand.Command,
        ScoringCommand.Command,
        ReadingCommand.Command,
        ServiceCommand.Command,
        MicroCommand.Command,
        CompareCommand.Command,
        DefaultsCommand.Command,
        TablesCommand.Command,
        TextCommand.Command,
        TokensCommand.Command,
        EmbedCommand.Command,
        LanguageCommand.Command,
        KillsCommand.Command,
        CheckpointCostCommand.Command,
    ], args);
