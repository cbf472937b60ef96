using System.Text.Json;

namespace SmtpTls.Tests.Console;

/// <summary>Holds JSON and the engine's types together, name by name.</summary>
internal static class Shape
{
    /// <summary>The object has exactly the public properties of <typeparamref name="T"/>, and those named besides.</summary>
    public static void Is<T>(JsonElement element, params string[] besides)
    {
        var expected = typeof(T).GetProperties().Select(p => p.Name).Concat(besides).Order(StringComparer.Ordinal);
        Assert.Equal(expected, element.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
    }

    public static string Text(this JsonElement element, params string[] path)
    {
        foreach (var name in path)
        {
            element = element.GetProperty(name);
        }

        return element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText();
    }

    /// <summary>The codes of the findings.</summary>
    public static string[] Codes(this JsonElement element) => [.. element.GetProperty("Findings").EnumerateArray().Select(f => f.Text("Code"))];
}
