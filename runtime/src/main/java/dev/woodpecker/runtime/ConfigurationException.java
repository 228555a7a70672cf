package dev.woodpecker.runtime;

/** A variable of the environment has a value that it cannot have; the message says which ones are allowed. */
public final class ConfigurationException extends WoodpeckerException {
    private static final long serialVersionUID = 1L;

    public ConfigurationException(String message) {
        super(message);
    }
}
