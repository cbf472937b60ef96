using System.Text.RegularExpressions;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Architecture;

public partial class DocsTests
{
    private static readonly string[] Layers = ["Protocol", "Dns", "Tls", "Net", "Mail", "Probe"];

    public static TheoryData<string> Pages()
    {
        var root = RepositoryFolder.Combine();
        string[] files = ["README.md", "CHANGELOG.md", .. Directory.GetFiles(Path.Combine(root, "docs"), "*.md", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(root, f))];
        return [.. files];
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_to_another_page_leads_somewhere(string page)
    {
        var folder = Path.GetDirectoryName(RepositoryFolder.Combine(page))!;
        foreach (Match link in Link().Matches(File.ReadAllText(RepositoryFolder.Combine(page))))
        {
            var target = link.Groups["target"].Value.Split('#')[0];
            Assert.True(target.Length == 0 || target.Contains("://", StringComparison.Ordinal) || File.Exists(Path.Combine(folder, target)), $"{page} links to {target}, which is not there.");
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_type_that_a_page_names_with_its_layer_exists(string page)
    {
        var types = typeof(SmtpFailure).Assembly.GetTypes().Select(t => $"{t.Namespace}.{t.Name}").ToHashSet(StringComparer.Ordinal);
        foreach (Match named in LayerAndType().Matches(File.ReadAllText(RepositoryFolder.Combine(page))))
        {
            if (Layers.Contains(named.Groups["layer"].Value, StringComparer.Ordinal))
            {
                Assert.True(types.Contains($"SmtpTls.{named.Groups["layer"].Value}.{named.Groups["type"].Value}"), $"{page} names {named.Value}, which is not in the engine.");
            }
        }
    }

    [Fact]
    public void The_page_of_the_flow_names_types_at_all() => Assert.NotEmpty(LayerAndType().Matches(File.ReadAllText(RepositoryFolder.Combine("docs", "flow.md"))));

    [GeneratedRegex(@"\]\((?<target>[^)\s]*)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex("`(?<layer>[A-Z][A-Za-z]*)/(?<type>[A-Z][A-Za-z]*)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LayerAndType();
}
