using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public class ClientStatesTests
{
    [Fact]
    public void Each_state_has_its_row_in_its_place()
    {
        Assert.Equal(Enum.GetValues<ClientState>(), ClientStates.All.Select(r => r.State));
        Assert.All(Enum.GetValues<ClientState>(), state => Assert.Equal(state, ClientStates.Of(state).State));
        Assert.All(ClientStates.All, row => Assert.NotEmpty(row.Phrase));
    }

    [Fact]
    public void Each_phase_of_a_failure_is_some_states_phase() =>
        Assert.Equal(Enum.GetValues<SmtpPhase>(), ClientStates.All.Select(r => r.Phase).Distinct().Order());

    [Theory]
    [InlineData("Connect", 30)]
    [InlineData("Greeting", 30)]
    [InlineData("MailFrom", 300)] // RFC 5321 §4.5.3.2.2
    [InlineData("RcptTo", 300)] // §4.5.3.2.3
    [InlineData("Data", 120)] // §4.5.3.2.4
    [InlineData("Message", 180)] // §4.5.3.2.5
    [InlineData("FinalReply", 600)] // §4.5.3.2.6
    public void The_default_time_outs_are_the_documented_ones(string state, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), ClientStates.Of(Enum.Parse<ClientState>(state)).Timeout(new ClientTimeouts()));
}
