namespace SmtpTls.Tests.Facades;

public sealed class ClientTimeoutsTests
{
    private static readonly string[] Kept = [nameof(ClientTimeouts.DataBlock), nameof(ClientTimeouts.FinalReply), nameof(ClientTimeouts.Quit)];

    [Theory]
    [InlineData(1)]
    [InlineData(86_400)]
    public void One_limit_holds_for_every_phase_but_those_where_giving_up_does_harm(int seconds)
    {
        var limit = TimeSpan.FromSeconds(seconds);
        var (usual, each) = (new ClientTimeouts(), ClientTimeouts.Each(limit));
        var timeouts = typeof(ClientTimeouts).GetProperties().Where(p => p.PropertyType == typeof(TimeSpan) && p.GetMethod is { IsStatic: false });
        Assert.All(timeouts.Where(p => !Kept.Contains(p.Name, StringComparer.Ordinal)), p => Assert.Equal(limit, p.GetValue(each)));
        Assert.Equal(limit > usual.DataBlock ? limit : usual.DataBlock, each.DataBlock);
        Assert.Equal(limit > usual.FinalReply ? limit : usual.FinalReply, each.FinalReply);
        Assert.Equal(limit < usual.Quit ? limit : usual.Quit, each.Quit);
    }
}
