using System.Text.Json;

namespace SmtpTls.Cli.Configuration;

/// <summary>What a value in a configuration file is.</summary>
internal enum ConfigurationKind
{
    /// <summary>A string.</summary>
    Text,

    /// <summary>A string or several in a list.</summary>
    Texts,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number.</summary>
    Number,

    /// <summary>true or false.</summary>
    Flag,

    /// <summary>A length of time.</summary>
    Duration,

    /// <summary>Several lengths of time.</summary>
    Durations,

    /// <summary>One of a few words.</summary>
    Choice,

    /// <summary>An object.</summary>
    Object,

    /// <summary>A list of objects.</summary>
    Objects,
}

/// <summary>A key that an object may have.</summary>
/// <param name="Name">The key.</param>
/// <param name="Kind">What its value is.</param>
internal sealed record ConfigurationKey(string Name, ConfigurationKind Kind)
{
    /// <summary>True where the object cannot do without it.</summary>
    public bool IsRequired { get; init; }

    /// <summary>The values of a <see cref="ConfigurationKind.Choice"/>.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The least whole number.</summary>
    public long Minimum { get; init; }

    /// <summary>The greatest whole number.</summary>
    public long Maximum { get; init; } = long.MaxValue;

    /// <summary>The keys of an object.</summary>
    public ConfigurationShape? Shape { get; init; }

    /// <summary>A key whose values are an enumeration's names.</summary>
    public static ConfigurationKey Choice<T>(string name)
        where T : struct, Enum =>
        new(name, ConfigurationKind.Choice) { Words = Array.ConvertAll(Enum.GetNames<T>(), JsonNamingPolicy.CamelCase.ConvertName) };
}

/// <summary>The keys of an object. The file's schema says the same; a test holds the two together.</summary>
/// <param name="Keys">The keys, in the order in which they are explained.</param>
internal sealed record ConfigurationShape(IReadOnlyList<ConfigurationKey> Keys)
{
    /// <summary>The keys of one of the engine's option records: its properties, whatever will be added to it.</summary>
    public static ConfigurationShape Of<T>() => new(
    [
        .. typeof(T).GetProperties().Where(static property => property.SetMethod is { IsPublic: true }).Select(static property =>
            new ConfigurationKey(JsonNamingPolicy.CamelCase.ConvertName(property.Name), KindOf(property.PropertyType))
            {
                Minimum = 1,
                Maximum = property.PropertyType == typeof(int) ? int.MaxValue : long.MaxValue,
            }),
    ]);

    private static ConfigurationKind KindOf(Type type) =>
        type == typeof(int) || type == typeof(long) ? ConfigurationKind.Integer
        : type == typeof(double) ? ConfigurationKind.Number
        : type == typeof(TimeSpan) ? ConfigurationKind.Duration
        : type == typeof(IReadOnlyList<TimeSpan>) ? ConfigurationKind.Durations
        : throw new NotSupportedException($"A property of type {type.Name} has no form in a configuration file yet.");
}
