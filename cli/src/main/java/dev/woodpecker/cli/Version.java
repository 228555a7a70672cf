package dev.woodpecker.cli;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** What {@code wpk --version} prints: our version, from the jar's manifest, and the Java that runs it. */
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        var ours = Optional.ofNullable(Version.class.getPackage().getImplementationVersion());
        return new String[] {
            "Woodpecker " + ours.orElse("(not packaged)"),
            "Java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")"
        };
    }
}
