namespace SmtpTls.Tests.Architecture;

/// <summary>The engine's layers, read from the built assembly. <see cref="LayerRules"/> tells the rule; the synthetic cases show that it can fail.</summary>
public class LayerTests
{
    private static readonly string EnginePath = typeof(SmtpFailure).Assembly.Location;

    [Fact]
    public void No_arrow_of_the_engine_runs_the_wrong_way()
    {
        using var engine = new EngineAssembly(EnginePath);

        Assert.Empty(LayerRules.Violations(engine.ReadTypes()));
    }

    [Fact]
    public void The_engine_refers_to_the_base_class_library_only()
    {
        using var engine = new EngineAssembly(EnginePath);
        var baseClassLibrary = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

        Assert.NotEmpty(engine.References);
        Assert.All(engine.References, name => Assert.True(File.Exists(Path.Combine(baseClassLibrary, name + ".dll")), $"{name} is not of the base class library."));
    }

    [Fact]
    public void The_reader_sees_what_method_bodies_signatures_and_folders_tell()
    {
        using var engine = new EngineAssembly(EnginePath);
        var types = engine.ReadTypes().ToDictionary(type => type.Name, StringComparer.Ordinal);

        // From a method body inside an async state machine; from a signature; an interface and an enum, which have no body.
        Assert.Contains("SmtpTls.Dns.DnsStatus", types["SmtpTls.Dns.SystemDnsResolver"].Uses, StringComparer.Ordinal);
        Assert.Contains("SmtpTls.DnsName", types["SmtpTls.Dns.IDnsResolver"].Uses, StringComparer.Ordinal);
        Assert.Equal("Dns", types["SmtpTls.Dns.IDnsResolver"].Folder);
        Assert.Equal("Records", types["SmtpTls.FindingCode"].Folder);
    }

    [Theory]
    [InlineData("SmtpTls.Protocol.ReplyParser", "Protocol", "SmtpTls.Net.Dialer", "Net")]
    [InlineData("SmtpTls.Dns.Resolver", "Dns", "SmtpTls.Protocol.ReplyParser", "Protocol")]
    [InlineData("SmtpTls.Tls.Verifier", "Tls", "SmtpTls.Net.Dialer", "Net")]
    [InlineData("SmtpTls.Mail.Composer", "Mail", "SmtpTls.Tls.Verifier", "Tls")]
    [InlineData("SmtpTls.Net.Dialer", "Net", "SmtpTls.Mail.Composer", "Mail")]
    [InlineData("SmtpTls.Mail.Composer", "Mail", "SmtpTls.TestCertificate", "Tls")]
    public void A_use_that_the_table_does_not_allow_is_told_with_both_ends(string from, string fromFolder, string to, string toFolder)
    {
        var violation = Assert.Single(LayerRules.Violations([new(from, fromFolder, [to]), new(to, toFolder, [])]));

        Assert.Contains(from, violation, StringComparison.Ordinal);
        Assert.Contains(to, violation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SmtpTls.Tls.Verifier", "Tls", "SmtpTls.Dns.Resolver", "Dns")]
    [InlineData("SmtpTls.Net.Dialer", "Net", "SmtpTls.ListenerCertificate", "Tls")]
    [InlineData("SmtpTls.Probe.Prober", "Probe", "SmtpTls.Mail.Composer", "Mail")]
    [InlineData("SmtpTls.Protocol.ReplyParser", "Protocol", "SmtpTls.SmtpReply", "Records")]
    [InlineData("SmtpTls.SmtpSender", "", "SmtpTls.Net.Dialer", "Net")]
    public void A_use_that_the_table_allows_passes(string from, string fromFolder, string to, string toFolder)
    {
        Assert.Empty(LayerRules.Violations([new(from, fromFolder, [to]), new(to, toFolder, [])]));
    }

    [Fact]
    public void A_layer_may_not_use_a_facade_not_even_one_that_reaches_its_layer_through_another()
    {
        var violation = Assert.Single(LayerRules.Violations(
        [
            new("SmtpTls.Net.Connection", "Net", ["SmtpTls.Options"]),
            new("SmtpTls.Options", "", ["SmtpTls.SmtpSender"]),
            new("SmtpTls.SmtpSender", "", ["SmtpTls.Protocol.Dialogue"]),
            new("SmtpTls.Protocol.Dialogue", "Protocol", []),
        ]));

        Assert.Contains("SmtpTls.Net.Connection (Net) may not use SmtpTls.Options (facade)", violation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_that_uses_a_layer_is_refused() => Assert.Contains("is in Records", Assert.Single(LayerRules.Violations(
    [
        new("SmtpTls.SendResult", "Records", ["SmtpTls.Tls.Verdict"]),
        new("SmtpTls.Tls.Verdict", "Tls", []),
    ])), StringComparison.Ordinal);

    [Fact]
    public void A_type_in_the_wrong_folder_or_an_unknown_layer_is_refused()
    {
        Assert.Contains("its file is in the folder 'Net'", Assert.Single(LayerRules.Violations([new("SmtpTls.Tls.Verifier", "Net", [])])), StringComparison.Ordinal);
        Assert.Contains("no layer known", Assert.Single(LayerRules.Violations([new("SmtpTls.Misc.Helper", "Misc", [])])), StringComparison.Ordinal);
    }
}
