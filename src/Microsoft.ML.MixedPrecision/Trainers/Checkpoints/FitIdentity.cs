using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;

namespace Microsoft.ML.MixedPrecision.Trainers.Checkpoints;

/// <summary>The <see cref="RunIdentity"/> of a fit.</summary>
internal static class FitIdentity
{
    /// <summary>
    /// Options of all families that no bit of the training depends on: where and with what it runs, what columns are called, what is done
    /// with the model,
    /// and rows and code, of
    /// which the former are in the identity by themselves.
    /// </summary>
    public static IReadOnlySet<string> Without { get; } = new HashSet<string>
    {
        nameof(NetworkTrainerOptions.Checkpoint),
        nameof(NetworkTrainerOptions.Device),
        nameof(NetworkTrainerOptions.NumberOfThreads),
        nameof(NetworkTrainerOptions.MemoryLimit),
        nameof(NetworkTrainerOptions.LabelColumnName),
        nameof(NetworkTrainerOptions.ExampleWeightColumnName),
        nameof(NetworkTrainerOptions.ValidationSet),
        nameof(NetworkTrainerOptions.SaveHistory),
        nameof(NetworkTrainerOptions.MetricsCallback),
        nameof(NetworkTrainerOptions.CancellationToken),
        nameof(NetworkTrainerOptions.Observers),
        nameof(NetworkTrainerOptions.StopToken),
        nameof(NetworkTrainerOptions.KeepUnfinishedModel),
    };

    /// <summary>Reads it off what the fit trains with.</summary>
    /// <param name="fit">The fit, before its first step.</param>
    public static RunIdentity Of(FitInputs fit) => new([.. Network(fit), .. Options(fit), .. Rows(fit)]);

    private static IEnumerable<KeyValuePair<string, string>> Network(FitInputs fit) =>
    [
        new("Trainer", (fit.Options.GetType().DeclaringType ?? fit.Options.GetType()).Name),
        new("Network", fit.Network.Spec.ToString()),
        new("Spec", Hash(Hex(NetworkSpecJson.Write(fit.Network.Spec)))),
        new("StartingWeights", fit.IsWarmStart ? WeightsOf(fit.Network) : "random"),
    ];

    /// <summary>As they were given, except for those that the fit has resolved.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Options(FitInputs fit)
    {
        var resolved = new Dictionary<string, string>
        {
            [nameof(NetworkTrainerOptions.Precision)] = fit.Training.Precision.ToString(),
            [nameof(NetworkTrainerOptions.Seed)] = fit.Training.Seed.ToString(CultureInfo.InvariantCulture),
            [nameof(NetworkTrainerOptions.EarlyStoppingPatience)]
                = fit.Training.EarlyStoppingPatience.ToString(CultureInfo.InvariantCulture),
            [nameof(NetworkTrainerOptions.Epochs)] = fit.Training.Epochs.ToString(CultureInfo.InvariantCulture),
            [nameof(NetworkTrainerOptions.BatchSize)] = fit.Training.BatchSize.ToString(CultureInfo.InvariantCulture),
        };
        return from option in OptionsText.Of(fit.Options)
               where !Without.Contains(option.Key) && !fit.Family.OptionsWithoutEffect.Contains(option.Key)
               select KeyValuePair.Create(option.Key, resolved.GetValueOrDefault(option.Key, option.Value));
    }

    private static IEnumerable<KeyValuePair<string, string>> Rows(FitInputs fit) =>
    [
        new("RowCount", fit.Train.Rows.ToString(CultureInfo.InvariantCulture)),
        new("Rows", Hash(fit.Train.Digest())),
        new("HeldBackRows", fit.Order.Validation.Length == 0 ? "none" : Hash(Hex(MemoryMarshal.AsBytes<int>(fit.Order.Validation)))),
        new("ValidationRows", fit.Validation is null ? "none" : Hash(fit.Validation.Digest())),
        new("Classes", fit.Columns.LabelKind is LabelKind.Key or LabelKind.Keys
            ? RunIdentity.HashOf(string.Join('\n', fit.Columns.ClassTexts()))
            : "none"),
    ];

    private static string WeightsOf(Network network)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Graph.StoredMatrix matrix in network.Saved)
        {
            hash.AppendData(MemoryMarshal.AsBytes<float>(matrix.Values));
        }

        return Hash(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static string Hash(string hexadecimal) => $"SHA-256 {hexadecimal}";
}
