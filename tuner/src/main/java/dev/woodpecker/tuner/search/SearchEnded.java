package dev.woodpecker.tuner.search;

/** Ends a search from inside {@link Trials#measure}: the budget is used up, or the user wants it to stop. */
public final class SearchEnded extends RuntimeException {
    private static final long serialVersionUID = 1;

    public SearchEnded() {
        super("the search has ended", null, false, false);
    }
}
