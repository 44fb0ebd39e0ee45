extension ClientFiles {
    /// Every file of `Client/`, as SwiftPM compiled it into the program (`embedInCode`).
    ///
    /// A new file is a new line
    /// here; a test compares this list with the folder.
    internal static let embedded = ClientFiles([
        ("age.js", PackageResources.age_js),
        ("app.js", PackageResources.app_js),
        ("appeal.js", PackageResources.appeal_js),
        ("chat.js", PackageResources.chat_js),
        ("dev-age.html", PackageResources.dev_age_html),
        ("dev-age.js", PackageResources.dev_age_js),
        ("help.js", PackageResources.help_js),
        ("index.html", PackageResources.index_html),
        ("media.js", PackageResources.media_js),
        ("signal.js", PackageResources.signal_js),
        ("style.css", PackageResources.style_css),
        ("view.js", PackageResources.view_js),
        ("words.js", PackageResources.words_js),
    ])
}
