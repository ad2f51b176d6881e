using System.Text;
using Microsoft.Extensions.Configuration;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Configuration;

/// <summary>Options read by the real binder, from JSON or from memory.</summary>
internal static class Settings
{
    /// <summary>Where <c>appsettings.json</c> and the sources beside it keep the options.</summary>
    private const string Section = "Training";

    /// <summary>A section read by the JSON provider.</summary>
    /// <param name="json">Its members, without the braces.</param>
    public static IConfigurationSection Json(string json)
        => new ConfigurationBuilder()
            .AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes($"{{\"{Section}\":{{{json}}}}}")))
            .Build()
            .GetSection(Section);

    /// <summary>A section of the in-memory provider, whose keys are like those of environment variables and command lines.</summary>
    public static IConfigurationSection Memory(params (string Key, string? Value)[] values)
        => new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(value => KeyValuePair.Create($"{Section}:{value.Key}", value.Value)))
            .Build()
            .GetSection(Section);

    /// <summary>Options of a trainer's type.</summary>
    /// <param name="section">What is read.</param>
    /// <param name="type">The options' type.</param>
    /// <param name="strict">Whether an unknown key is an error, as the recipe in <see cref="MlpTrainerOptions"/> says.</param>
    public static MlpTrainerOptions Get(IConfiguration section, Type type, bool strict = true)
        => (MlpTrainerOptions)section.Get(type, binder => binder.ErrorOnUnknownConfiguration = strict)!;

    /// <inheritdoc cref="Get(IConfiguration, Type, bool)"/>
    /// <typeparam name="TOptions">The options' type.</typeparam>
    public static TOptions Get<TOptions>(IConfiguration section, bool strict = true)
        where TOptions : MlpTrainerOptions
        => (TOptions)Get(section, typeof(TOptions), strict);
}
