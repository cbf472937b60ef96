using SmtpTls.Protocol;

namespace SmtpTls.Net;

/// <content>Who the client is: AUTH, and what the policy for recipients is told.</content>
internal sealed partial class ServerConnection
{
    // Of what a client said, in a line of the log.
    private const int LongestNameInLog = 100;

    private async Task<ServerAction> AuthenticateAsync()
    {
        var credential = _dialogue.TakeCredential();

        // What was asked before is answered before, however long this takes.
        await FlushAsync().ConfigureAwait(false);
        _deadline.Set(Limits.AuthenticationTimeout);
        var outcome = AuthenticationOutcome.Unavailable;
        var trouble = "";
        try
        {
            outcome = await _context.Authenticator!.VerifyAsync(credential, Remote.Address, _dialogue.AuthenticationFailures, _deadline.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            trouble = new SecretScrubber(credential).Scrub(e.Message);
        }

        if (outcome == AuthenticationOutcome.Unavailable && _deadline.Interruption != Interruption.None)
        {
            // The session ends for that, and not for what a directory threw meanwhile: its words may hold the secret.
            throw new OperationCanceledException("The authentication was interrupted.");
        }

        var action = _dialogue.Authenticated(credential.UserName, outcome, _output);
        ReportAuthentication(Printable.Line(credential.UserName, LongestNameInLog), outcome, trouble);
        return action;
    }

    private void ReportAuthentication(string user, AuthenticationOutcome outcome, string trouble)
    {
        if (outcome == AuthenticationOutcome.Verified)
        {
            _context.Report(ListenerEventKind.Authenticated, Remote, $"User {user} authenticated");
            return;
        }

        _context.Report(ListenerEventKind.AuthenticationFailed, Remote, outcome switch
        {
            AuthenticationOutcome.Rejected => $"User {user} gave a wrong password, or there is no such user",
            AuthenticationOutcome.TooMany => $"User {user} was not looked at: too many credentials from this address were wrong",
            _ => $"User {user} could not be verified: {trouble}",
        }, FindingCode.AuthenticationFailed);
    }

    private SmtpReply? MayReceive(string recipient)
    {
        SmtpReply? refusal;
        try
        {
            refusal = _context.RecipientPolicy!.Check(Identity(), recipient);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Nobody said that it may: it may not now.
            _context.Report(ListenerEventKind.ListenerFault, Remote, $"The policy for recipients failed: {e.Message}");
            return new SmtpReply(451, new EnhancedStatusCode(4, 3, 0), ["The recipient could not be checked; try again later"]);
        }

        if (refusal is not null)
        {
            _context.Report(ListenerEventKind.RecipientRefused, Remote, $"{Printable.Line(recipient, LongestNameInLog)}: {refusal}", FindingCode.RecipientRefused);
        }

        return refusal;
    }

    private SessionIdentity Identity() => new()
    {
        Remote = _facts.Remote,
        Local = _facts.Local,
        HelloName = _dialogue.HelloName,
        User = _dialogue.User,
        Tls = _facts.Tls,
        ClientCertificateSha256 = _facts.ClientCertificate?.Certificate.Sha256,
        ClientPublicKeySha256 = _facts.ClientCertificate?.Certificate.SpkiSha256,
    };
}
