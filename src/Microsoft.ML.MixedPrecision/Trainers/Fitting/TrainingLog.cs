using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// What a training writes to ML.NET's log. Info: a short line on the device, once for a context and again where it changes, and one line
/// an epoch. Warning: what deserves attention. Trace: why this device, and the memory of the plan. Each line of Info is made to fit
/// 80 columns.
/// </summary>
/// <param name="context">The context, whose options remember what was said; those of a host are its own.</param>
/// <param name="channel">The log.</param>
internal sealed class TrainingLog(IHostEnvironment context, IChannel channel) : IRunObserver
{
    private const string DeviceKey = "Microsoft.ML.MixedPrecision.LoggedDevice";

    private readonly HashSet<string> _ofEarlierRuns = [];
    private readonly HashSet<string> _ofThisRun = [];

    /// <summary>ML.NET's options of a context are a plain dictionary, and several trainers may fit at the same time.</summary>
    private static readonly Lock OptionsLock = new();

    /// <summary>Says where training runs, unless the context's log has it already; in either case, at Trace, why.</summary>
    /// <param name="device">The device.</param>
    /// <param name="selection">Why it was chosen.</param>
    public void Device(Device device, DeviceSelection selection)
    {
        string line = $"Device: {device.Description}, {selection.Summary}";
        if (IsNew(line))
        {
            channel.Info(line);
        }

        if (selection.Reason != selection.Summary)
        {
            channel.Trace($"Why this device: {selection.Reason}");
        }
    }

    /// <summary>Says, at Trace, what the plan allocates.</summary>
    /// <param name="planned">The plan.</param>
    public void OnPlanned(RunPlanned planned)
        => channel.Trace($"Memory of the training plan, batches of {planned.BatchRows} rows:{Environment.NewLine}{planned.Memory}");

    /// <summary>Says how an epoch went.</summary>
    /// <param name="epoch">The epoch.</param>
    public void OnEpoch(TrainingMetrics epoch) => channel.Info(epoch.ToString());

    /// <summary>Says what deserves attention, unless an earlier run of the fit had the same to say.</summary>
    /// <param name="warning">It.</param>
    public void OnWarning(RunWarning warning)
    {
        _ofThisRun.Add(warning.Message);
        if (!_ofEarlierRuns.Contains(warning.Message))
        {
            channel.Warning(warning.Message);
        }
    }

    /// <summary>Makes room for the fit's next run.</summary>
    /// <param name="ended">The end.</param>
    public void OnEnded(RunEnded ended)
    {
        _ofEarlierRuns.UnionWith(_ofThisRun);
        _ofThisRun.Clear();
    }

    private bool IsNew(string line)
    {
        if (context is not IHostEnvironmentInternal memory)
        {
            return true;
        }

        lock (OptionsLock)
        {
            bool isNew = !memory.TryGetOption(DeviceKey, out string said) || said != line;
            memory.SetOption(DeviceKey, line);
            return isNew;
        }
    }
}
