using System.Text.RegularExpressions;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Architecture;

public class FindingsDocTests
{
    private static readonly string[] Labels = ["Severity", "Means", "Why it matters", "Evidence", "What to do"];

    [Fact]
    public void Every_code_has_its_section_in_the_order_of_the_enum_and_no_section_is_without_a_code()
    {
        Assert.Equal(Enum.GetNames<FindingCode>(), Sections().Select(section => section.Heading), StringComparer.Ordinal);
    }

    [Fact]
    public void Every_section_says_what_it_means_why_it_matters_how_it_is_known_and_what_to_do()
    {
        foreach (var (heading, lines) in Sections())
        {
            var labels = lines
                .Select(line => Regex.Match(line, @"^- \*\*(?<label>[^*]+)\*\*: \S.*\.$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)))
                .Where(match => match.Success)
                .Select(match => match.Groups["label"].Value);
            Assert.True(Labels.SequenceEqual(labels, StringComparer.Ordinal), $"docs/findings.md, {heading}: expected the lines {string.Join(", ", Labels)}, each a sentence.");
        }
    }

    private static List<(string Heading, List<string> Lines)> Sections()
    {
        var sections = new List<(string Heading, List<string> Lines)>();
        foreach (var line in File.ReadAllLines(RepositoryFolder.Combine("docs", "findings.md")))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                sections.Add((line[3..].Trim(), []));
            }
            else if (sections.Count > 0)
            {
                sections[^1].Lines.Add(line);
            }
        }

        return sections;
    }
}
