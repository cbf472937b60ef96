using System.Globalization;
using System.Text.Json;

namespace SmtpTls.Cli.Configuration;

/// <summary>An object of a configuration file, read by its shape: an unknown key, one that is there twice or one with a wrong value is refused.</summary>
internal sealed class ConfigurationObject
{
    private readonly ConfigurationShape _shape;
    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);

    /// <summary>Looks at the object's keys; its values are looked at when they are read.</summary>
    public ConfigurationObject(JsonElement element, string path, ConfigurationShape shape, ConfigurationErrors errors)
    {
        (_shape, Path, Errors) = (shape, path, errors);
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw errors.At(path, $"an object is expected here, not {Describe(element)}.", $"Give {{ … }} with the keys {Names}.");
        }

        foreach (var property in element.EnumerateObject())
        {
            if (!shape.Keys.Any(key => key.Name == property.Name))
            {
                throw Unknown(property.Name);
            }

            if (!_values.TryAdd(property.Name, property.Value))
            {
                throw errors.At(PathOf(property.Name), "the key is there twice.", "Keep one of the two.");
            }
        }

        if (shape.Keys.FirstOrDefault(key => key.IsRequired && !_values.ContainsKey(key.Name)) is { } missing)
        {
            throw errors.At(path, $"the key '{missing.Name}' is missing.", "It has no default: docs/relay.md says what to give.");
        }
    }

    /// <summary>Where the object stands.</summary>
    public string Path { get; }

    /// <summary>Makes refusals.</summary>
    public ConfigurationErrors Errors { get; }

    public string PathOf(string name) => $"{Path}.{name}";

    public bool Has(string name) => _values.ContainsKey(name);

    public string? Text(string name) => Value(name, ConfigurationKind.Text) is { } value ? TextOf(value, PathOf(name)) : null;

    /// <summary>The strings of a list, or the one that stands there instead, each with its place.</summary>
    public IReadOnlyList<(string Text, string Path)> Texts(string name)
    {
        if (Value(name, ConfigurationKind.Texts) is not { } value)
        {
            return [];
        }

        return value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select((item, index) => (TextOf(item, Indexed(name, index)), Indexed(name, index)))]
            : [(TextOf(value, PathOf(name)), PathOf(name))];
    }

    public long? Integer(string name)
    {
        if (Value(name, ConfigurationKind.Integer) is not { } value)
        {
            return null;
        }

        var key = Key(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= key.Minimum && number <= key.Maximum
            ? number
            : throw Errors.At(
                PathOf(name),
                $"{Describe(value)} cannot be used here.",
                string.Create(CultureInfo.InvariantCulture, $"Give a whole number from {key.Minimum}{(key.Maximum is int.MaxValue or long.MaxValue ? "" : $" to {key.Maximum}")}, without quotes."));
    }

    public double? Number(string name)
    {
        if (Value(name, ConfigurationKind.Number) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)
            ? number
            : throw Errors.At(PathOf(name), $"{Describe(value)} is no number.", "Give one such as 0.1, without quotes.");
    }

    public bool? Flag(string name) => Value(name, ConfigurationKind.Flag) is not { } value ? null : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Errors.At(PathOf(name), $"{Describe(value)} cannot be used here.", "Give true or false, without quotes."),
    };

    public TimeSpan? Duration(string name) => Value(name, ConfigurationKind.Duration) is { } value ? DurationOf(value, PathOf(name)) : null;

    public IReadOnlyList<TimeSpan>? Durations(string name)
    {
        if (Value(name, ConfigurationKind.Durations) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select((item, index) => DurationOf(item, Indexed(name, index)))]
            : throw Errors.At(PathOf(name), $"a list is expected here, not {Describe(value)}.", """Give for example ["1m", "5m", "15m"].""");
    }

    public T? Choice<T>(string name)
        where T : struct, Enum
    {
        if (Value(name, ConfigurationKind.Choice) is not { } value)
        {
            return null;
        }

        // Numbers are names' numbers to Enum; the words are the only spelling here.
        var words = Key(name).Words;
        var word = TextOf(value, PathOf(name), words);
        return words.Contains(word, StringComparer.OrdinalIgnoreCase)
            ? Enum.Parse<T>(word, ignoreCase: true)
            : throw Errors.At(PathOf(name), $"'{ConfigurationErrors.Show(word)}' is none of its values.{Meant(word, words)}", $"Give one of {string.Join(", ", words)}.");
    }

    public ConfigurationObject? Object(string name) =>
        Value(name, ConfigurationKind.Object) is { } value ? new ConfigurationObject(value, PathOf(name), Key(name).Shape!, Errors) : null;

    public IReadOnlyList<ConfigurationObject> Objects(string name)
    {
        if (Value(name, ConfigurationKind.Objects) is not { } value)
        {
            return [];
        }

        return value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select((item, index) => new ConfigurationObject(item, Indexed(name, index), Key(name).Shape!, Errors))]
            : throw Errors.At(PathOf(name), $"a list is expected here, not {Describe(value)}.", "Give [ { … } ], with an object for each.");
    }

    /// <summary>One of the engine's option records: its defaults, and what stands here in their place.</summary>
    public T Into<T>(T defaults)
        where T : class
    {
        // A record's copy, whose init-only properties are set before anybody else sees it.
        var copy = (T)typeof(T).GetMethod("<Clone>$")!.Invoke(defaults, null)!;
        foreach (var property in typeof(T).GetProperties())
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            if (Has(name))
            {
                property.SetValue(copy, Key(name).Kind switch
                {
                    ConfigurationKind.Integer when property.PropertyType == typeof(int) => (int)Integer(name)!.Value,
                    ConfigurationKind.Integer => Integer(name)!.Value,
                    ConfigurationKind.Number => Number(name)!.Value,
                    ConfigurationKind.Duration => Duration(name)!.Value,
                    _ => Durations(name)!.ToArray(),
                });
            }
        }

        return copy;
    }

    private string Names => string.Join(", ", _shape.Keys.Select(key => key.Name));

    private ConfigurationKey Key(string name) => _shape.Keys.First(key => key.Name == name);

    private string Indexed(string name, int index) => string.Create(CultureInfo.InvariantCulture, $"{PathOf(name)}[{index}]");

    // The reader and the table have to mean the same: what the schema says is what is read.
    private JsonElement? Value(string name, ConfigurationKind kind)
    {
        if (Key(name).Kind != kind)
        {
            throw new InvalidOperationException($"{PathOf(name)} is read as {kind} and declared as {Key(name).Kind}.");
        }

        return _values.TryGetValue(name, out var value) ? value : null;
    }

    private SmtpException Unknown(string name) => name.Equals("password", StringComparison.OrdinalIgnoreCase)
        ? Errors.At(PathOf(name), "a password does not stand in this file.", "Give passwordEnvironment, the name of an environment variable, or passwordFile, a file that holds it.")
        : Errors.At(Path, $"'{ConfigurationErrors.Show(name)}' is no key here.{Meant(name, _shape.Keys.Select(key => key.Name))}", $"Known keys are {Names}.");

    private static string Meant(string written, IEnumerable<string> known) => ConfigurationErrors.Nearest(written, known) is { } near ? $" Was '{near}' meant?" : "";

    private string TextOf(JsonElement value, string path, IReadOnlyList<string>? words = null) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw Errors.At(path, $"{Describe(value)} cannot be used here.", words is null ? "Give a text in quotes." : $"Give one of {string.Join(", ", words)}.");

    private TimeSpan DurationOf(JsonElement value, string path) => value.ValueKind == JsonValueKind.String && DurationText.TryParse(value.GetString(), out var duration)
        ? duration
        : throw Errors.At(path, $"{Describe(value)} is no length of time.", """Give for example "30s", "5m", "4h", "4d", or by ISO 8601 "PT30S".""");

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => $"'{ConfigurationErrors.Show(value.GetString()!)}'",
        _ => ConfigurationErrors.Show(value.GetRawText()),
    };
}
