using System.Buffers;

namespace SmtpTls.Protocol;

/// <summary>What became of a credential.</summary>
internal enum AuthenticationOutcome
{
    /// <summary>It is right.</summary>
    Verified,

    /// <summary>It is wrong, be it the user or the password.</summary>
    Rejected,

    /// <summary>It could not be verified now.</summary>
    Unavailable,

    /// <summary>It was not looked at: too many were wrong.</summary>
    TooMany,
}

/// <content>AUTH (RFC 4954).</content>
internal sealed partial class ServerDialogue
{
    private ServerSaslExchange? _exchange;

    /// <summary>The user that authenticated, or null. It stands until the session ends: STARTTLS cannot come after AUTH.</summary>
    public string? User { get; private set; }

    /// <summary>Credentials of this session that were wrong.</summary>
    public int AuthenticationFailures { get; private set; }

    /// <summary>How long the next line may be, its CRLF included.</summary>
    public int MaximumLine => State == SessionState.Authentication ? ServerSaslExchange.MaximumLine : profile.Limits.MaximumCommandLength;

    /// <summary>What the client gave, to be verified; it is forgotten here.</summary>
    public SaslCredential TakeCredential()
    {
        var credential = _exchange!.Credential!;
        _exchange = null;
        return credential;
    }

    /// <summary>The credential was verified, or not.</summary>
    public ServerAction Authenticated(string user, AuthenticationOutcome outcome, IBufferWriter<byte> output)
    {
        State = SessionState.Ready;
        switch (outcome)
        {
            case AuthenticationOutcome.Verified:
                User = user;
                return Say(output, "235 2.7.0 Authentication successful\r\n"u8);
            case AuthenticationOutcome.Unavailable:
                return Say(output, "454 4.7.0 Authentication is not possible now; try again later\r\n"u8);
            case AuthenticationOutcome.Rejected when ++AuthenticationFailures < profile.Limits.MaximumAuthenticationFailures:
                return Say(output, "535 5.7.8 Authentication credentials invalid\r\n"u8);
            default:
                Complaint = "Too many credentials were wrong";
                return Shutdown(new EnhancedStatusCode(4, 7, 0), "too many authentications failed; closing", output);
        }
    }

    // What speaks against AUTH here and now; empty where nothing does.
    private ReadOnlySpan<byte> RefusalOfAuth() =>
        !profile.OffersAuthentication ? "502 5.5.1 AUTH is not offered here\r\n"u8
        : User is not null ? "503 5.5.1 Authenticated already\r\n"u8
        : _isTls ? default
        : offer == StartTlsOffer.Offered ? "538 5.7.11 AUTH needs encryption; say STARTTLS first\r\n"u8
        : "538 5.7.11 AUTH needs encryption, which this connection cannot have; connect where TLS is offered\r\n"u8;

    private ServerAction Auth(ReadOnlySpan<byte> argument, IBufferWriter<byte> output)
    {
        var end = argument.IndexOf((byte)' ');
        var mechanism = end < 0 ? argument : argument[..end];
        if (mechanism.IsEmpty)
        {
            return Error(output, "501 5.5.4 Syntax: AUTH mechanism [initial-response]\r\n"u8);
        }

        _exchange = ServerSaslExchange.Begin(mechanism);
        if (_exchange is null)
        {
            return Error(output, "504 5.5.4 The mechanism is not offered here; PLAIN and LOGIN are\r\n"u8);
        }

        State = SessionState.Authentication;
        if (end < 0)
        {
            return Challenge(output);
        }

        // RFC 4954 §4: "=" is an initial response of no octets.
        var response = argument[end..].Trim((byte)' ');
        return Respond(response is [(byte)'='] ? default : response, output);
    }

    // A line of the exchange, which is no command.
    private ServerAction AuthLine(ReadOnlySpan<byte> line, IBufferWriter<byte> output)
    {
        if (line is [(byte)'*'])
        {
            EndExchange();
            return Error(output, "501 5.7.0 Authentication cancelled\r\n"u8);
        }

        return Respond(line, output);
    }

    private ServerAction Respond(ReadOnlySpan<byte> response, IBufferWriter<byte> output)
    {
        switch (_exchange!.Respond(response))
        {
            case SaslProgress.Challenge:
                return Challenge(output);
            case SaslProgress.Complete:
                return ServerAction.Authenticate;
            case SaslProgress.OtherIdentity:
                EndExchange();
                return Error(output, "535 5.7.8 One user cannot act for another here\r\n"u8);
            default:
                EndExchange();
                return Error(output, "501 5.5.2 The response is not what the mechanism wants\r\n"u8);
        }
    }

    private ServerAction Challenge(IBufferWriter<byte> output)
    {
        output.Write("334 "u8);
        output.Write(_exchange!.Challenge);
        return Say(output, "\r\n"u8);
    }

    // A line that cannot be read ends an exchange that is under way (RFC 4954 §4).
    private void EndExchange()
    {
        _exchange = null;
        State = State == SessionState.Authentication ? SessionState.Ready : State;
    }
}
