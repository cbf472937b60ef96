using System.Text.Json;
using System.Text.RegularExpressions;
using SmtpTls.Cli.Configuration;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Console;

/// <summary>docs/relay.schema.json says what the reader reads: key by key, both ways.</summary>
public class RelaySchemaTests
{
    private static readonly JsonElement Schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(RepositoryFolder.Path, "docs", "relay.schema.json"))).RootElement;

    [Fact]
    public void The_schema_and_the_reader_know_the_same_keys_and_values()
    {
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", Schema.GetProperty("$schema").GetString());
        Compare("$", RelayKeys.Root, Schema);
    }

    [Theory]
    [InlineData("30s")]
    [InlineData("5m")]
    [InlineData("4h")]
    [InlineData("4d")]
    [InlineData("1h30m")]
    [InlineData("250ms")]
    [InlineData("5min")]
    [InlineData("PT30S")]
    [InlineData("P4D")]
    [InlineData("P1DT2H3M4.5S")]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("-5m")]
    [InlineData("5 m")]
    [InlineData("1y")]
    [InlineData("P1M")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("m")]
    [InlineData("5m4h")]
    public void A_length_of_time_is_one_to_both_or_to_none(string text)
    {
        var pattern = Schema.GetProperty("$defs").GetProperty("duration").GetProperty("pattern").GetString()!;

        Assert.Equal(DurationText.TryParse(text, out _), Regex.IsMatch(text, pattern, RegexOptions.None, TimeSpan.FromSeconds(5)));
    }

    private static void Compare(string path, ConfigurationShape shape, JsonElement schema)
    {
        Assert.Equal("object", schema.GetProperty("type").GetString());
        Assert.False(schema.GetProperty("additionalProperties").GetBoolean(), path);
        var properties = schema.GetProperty("properties").EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
        Assert.Equal($"{path}: {Join(shape.Keys.Select(key => key.Name))}", $"{path}: {Join(properties.Keys)}");
        var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(name => name.GetString()!) : [];
        Assert.Equal($"{path}: {Join(shape.Keys.Where(key => key.IsRequired).Select(key => key.Name))}", $"{path}: {Join(required)}");
        foreach (var key in shape.Keys)
        {
            var said = properties[key.Name];
            Assert.NotEmpty(said.GetProperty("description").GetString()!);
            Compare($"{path}.{key.Name}", key, said);
        }
    }

    private static void Compare(string path, ConfigurationKey key, JsonElement said)
    {
        switch (key.Kind)
        {
            case ConfigurationKind.Object:
                Compare(path, key.Shape!, Definition(said));
                break;
            case ConfigurationKind.Objects:
                Compare($"{path}[]", key.Shape!, Definition(said.GetProperty("items")));
                break;
            case ConfigurationKind.Choice:
                Assert.Equal($"{path}: {Join(key.Words)}", $"{path}: {Join(said.GetProperty("enum").EnumerateArray().Select(word => word.GetString()!))}");
                break;
            case ConfigurationKind.Duration:
                Assert.Equal("#/$defs/duration", said.GetProperty("$ref").GetString());
                break;
            case ConfigurationKind.Durations:
                Assert.Equal("#/$defs/duration", said.GetProperty("items").GetProperty("$ref").GetString());
                break;
            case ConfigurationKind.Texts:
                Assert.Equal("array", said.GetProperty("anyOf")[1].GetProperty("type").GetString());
                break;
            case ConfigurationKind.Integer:
                Assert.Equal($"{path}: integer", $"{path}: {said.GetProperty("type").GetString()}");
                Assert.Equal(key.Minimum, said.GetProperty("minimum").GetInt64());
                Assert.Equal(key.Maximum, said.TryGetProperty("maximum", out var most) ? most.GetInt64() : long.MaxValue);
                break;
            default:
                var type = key.Kind switch { ConfigurationKind.Text => "string", ConfigurationKind.Flag => "boolean", _ => "number" };
                Assert.Equal($"{path}: {type}", $"{path}: {said.GetProperty("type").GetString()}");
                break;
        }
    }

    private static JsonElement Definition(JsonElement reference) =>
        Schema.GetProperty("$defs").GetProperty(reference.GetProperty("$ref").GetString()!["#/$defs/".Length..]);

    private static string Join(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal));
}
