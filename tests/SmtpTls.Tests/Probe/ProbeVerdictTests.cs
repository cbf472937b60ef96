namespace SmtpTls.Tests.Probe;

public class ProbeVerdictTests
{
    [Theory]
    [InlineData("", ProbeAnswer.CouldNotTell)]
    [InlineData("a=Offered", ProbeAnswer.Yes)]
    [InlineData("a=Withheld", ProbeAnswer.No)]
    [InlineData("a=NotOffered", ProbeAnswer.No)]
    [InlineData("a=Refused", ProbeAnswer.No)]
    [InlineData("a=HandshakeFailed", ProbeAnswer.No)]
    [InlineData("a=Unreachable", ProbeAnswer.CouldNotTell)]
    [InlineData("a=Offered a=Unreachable", ProbeAnswer.Yes)]
    [InlineData("a=Offered a=NotOffered", ProbeAnswer.No)]
    [InlineData("a=Unreachable a=NotOffered", ProbeAnswer.No)]
    [InlineData("a=Offered b=Unreachable", ProbeAnswer.CouldNotTell)]
    [InlineData("a=Offered b=Offered", ProbeAnswer.Yes)]
    [InlineData("a=Refused b=Unreachable c=Offered", ProbeAnswer.No)]
    [InlineData("a=Withheld second=Offered", ProbeAnswer.No)]
    [InlineData("a=Offered second=NotOffered", ProbeAnswer.Yes)]
    public void Records_come_together_to_one_answer(string records, ProbeAnswer answer) => Assert.Equal(
        answer, ProbeVerdict.Of(records.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Record)));

    [Fact]
    public void Implicit_TLS_counts_only_where_it_came_about()
    {
        var without = Record("a=NotApplicable");
        var evidence = new TlsEvidence { Mode = TlsMode.Implicit, Protocol = "TLSv1.3", CipherSuite = "TLS_AES_256_GCM_SHA384" };

        Assert.Equal(ProbeAnswer.No, ProbeVerdict.Of(without));
        Assert.Equal(ProbeAnswer.Yes, ProbeVerdict.Of(without with { Tls = evidence }));
    }

    [Theory]
    [InlineData(FindingCode.HostNotFound, SmtpPhase.Resolve, ProbeAnswer.CouldNotTell)]
    [InlineData(FindingCode.TimedOut, SmtpPhase.Greeting, ProbeAnswer.CouldNotTell)]
    [InlineData(FindingCode.ServiceRefused, SmtpPhase.Hello, ProbeAnswer.CouldNotTell)]
    [InlineData(FindingCode.InvalidInput, null, ProbeAnswer.CouldNotTell)]
    [InlineData(FindingCode.StartTlsNotOffered, SmtpPhase.Hello, ProbeAnswer.No)]
    [InlineData(FindingCode.StartTlsWithheldOnLoopback, SmtpPhase.Hello, ProbeAnswer.No)]
    [InlineData(FindingCode.TimedOut, SmtpPhase.StartTls, ProbeAnswer.No)]
    [InlineData(FindingCode.NoCertificate, SmtpPhase.Handshake, ProbeAnswer.No)]
    public void Without_a_certificate_the_failure_decides(FindingCode code, SmtpPhase? phase, ProbeAnswer answer)
    {
        var result = new CertificateResult
        {
            Target = "a",
            Host = "a",
            Port = 25,
            Mode = TlsMode.StartTls,
            Failure = new SmtpFailure { Code = code, Message = "", Phase = phase },
        };

        Assert.Equal(answer, ProbeVerdict.Of(result));
        Assert.Equal(answer, ProbeVerdict.Of([result]));
    }

    private static CapabilityResult Record(string text)
    {
        var (target, status) = (text.Split('=')[0], Enum.Parse<StartTlsStatus>(text.Split('=')[1]));
        return new CapabilityResult
        {
            Target = target,
            Host = target,
            Port = 25,
            Mode = TlsMode.StartTls,
            StartTls = status,
            SecondLookFor = target == "second" ? "a" : null,
        };
    }
}
