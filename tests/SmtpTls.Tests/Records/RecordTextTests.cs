namespace SmtpTls.Tests.Records;

/// <summary>PowerShell's list view shows a property by its text: one line that says what matters.</summary>
public sealed class RecordTextTests
{
    [Fact]
    public void A_phase_is_shown_with_its_time() =>
        Assert.Equal("Connect 3.27 ms", new PhaseTiming(SmtpPhase.Connect, 3.27).ToString());

    [Fact]
    public void A_recipient_is_shown_with_what_the_server_said()
    {
        var reply = new SmtpReply(550, new EnhancedStatusCode(5, 1, 1), ["No such user"]);
        Assert.Equal("b@test: not accepted, 550 5.1.1 No such user", new RecipientResult("b@test", Accepted: false, reply).ToString());
        Assert.Equal("b@test: accepted", new RecipientResult("b@test", Accepted: true, Reply: null).ToString());
    }

    [Fact]
    public void A_fault_of_a_chain_is_shown_with_its_element()
    {
        Assert.Equal("NotTimeValid of CN=a: expired", new ChainFault(0, "CN=a", "NotTimeValid", "expired").ToString());
        Assert.Equal("PartialChain: no issuer", new ChainFault(-1, "", "PartialChain", "no issuer").ToString());
    }

    [Theory]
    [InlineData(null, null, false, "TLSv1.3 TLS_AES_128_GCM_SHA256")]
    [InlineData("mail.test", "*.test", true, "TLSv1.3 TLS_AES_128_GCM_SHA256, mail.test matched *.test, verified")]
    [InlineData("mail.test", "*.test", false, "TLSv1.3 TLS_AES_128_GCM_SHA256, mail.test matched *.test, not verified")]
    [InlineData("mail.test", null, false, "TLSv1.3 TLS_AES_128_GCM_SHA256, mail.test matched nothing")]
    public void A_TLS_session_is_shown_with_what_became_of_the_identity(string? reference, string? matched, bool verified, string text) =>
        Assert.Equal(text, new TlsEvidence
        {
            Mode = TlsMode.StartTls,
            Protocol = "TLSv1.3",
            CipherSuite = "TLS_AES_128_GCM_SHA256",
            ReferenceIdentity = reference,
            MatchedIdentity = matched,
            Verified = verified,
        }.ToString());
}
