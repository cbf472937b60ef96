using System.CommandLine;

namespace SmtpTls.Cli.Options;

/// <summary>Options whose value is one of a few words.</summary>
internal static class Choice
{
    public static Option<T?> Option<T>(string name, string description, params (string Word, T Value)[] choices)
        where T : struct
    {
        var words = string.Join('|', choices.Select(c => c.Word));
        return new Option<T?>(name)
        {
            Description = description,
            HelpName = words,
            CustomParser = result =>
            {
                var text = result.Tokens[^1].Value;
                foreach (var (word, value) in choices)
                {
                    // The cmdlets' spelling (ExceptLoopback) is understood as well.
                    if (Compact(word).Equals(Compact(text), StringComparison.OrdinalIgnoreCase))
                    {
                        return value;
                    }
                }

                result.AddError($"{name}: '{text}' is none of its values. Give one of {words}.");
                return null;
            },
        };
    }

    private static string Compact(string word) => word.Replace("-", "", StringComparison.Ordinal);
}
