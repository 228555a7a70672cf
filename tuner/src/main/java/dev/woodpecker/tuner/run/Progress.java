package dev.woodpecker.tuner.run;

/** Is told how far a run is, after each step of it. */
public interface Progress {
    /** Says nothing to nobody. */
    Progress NONE = new Progress() {
        @Override
        public void show(TuningStatus status) {}

        @Override
        public void warn(String message) {}
    };

    void show(TuningStatus status);

    /** Something that the user must know of, though the run goes on. */
    void warn(String message);
}
