package dev.woodpecker.compiler.schedule;

/** What was chosen at a point. */
public record Decision(ChoicePoint point, long value) {
    public Decision {
        if (!point.domain().contains(value)) {
            throw new IllegalArgumentException(
                    value + " was chosen for " + point.name() + ", whose domain is " + point.domain());
        }
    }
}
